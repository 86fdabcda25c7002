import asyncio
import json
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from lusscore.errors import ClipError
from lusscore.web.guards import Refusal, Sentences


def answer(error: Exception, accept: str = "*/*") -> tuple[int, str, list[BaseException]]:
    """Return status and body that a request gets which ends in `error`, and what was told."""
    bugs: list[BaseException] = []
    sent: list[Message] = []

    async def fail(scope: Scope, receive: Receive, send: Send) -> None:
        raise error

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "headers": [(b"accept", accept.encode())],
    }
    asyncio.run(Sentences(fail, bugs.append)(scope, receive, send))
    return sent[0]["status"], sent[1]["body"].decode(), bugs


def test_a_refusal_is_its_sentence() -> None:
    status, body, bugs = answer(Refusal(418, "It is a teapot."))
    assert (status, json.loads(body), bugs) == (418, {"error": "It is a teapot."}, [])


def test_on_a_page_it_is_escaped() -> None:
    _, body, _ = answer(Refusal(400, "<script>alert(1)</script>"), "text/html,*/*;q=0.8")
    assert "<script>" not in body
    assert "&lt;script&gt;" in body


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ClipError("secret/place is broken."), 422),
        (ZeroDivisionError("secret"), 500),
        (RecursionError("secret"), 500),
    ],
)
def test_what_went_wrong_is_told_to_the_terminal_alone(error: Exception, status: int) -> None:
    told, body, bugs = answer(error)
    assert told == status
    assert "secret" not in body
    assert "Traceback" not in body
    assert bugs == [error]


def test_what_the_addresses_refuse_is_a_sentence() -> None:
    status, body, bugs = answer(HTTPException(404, "secret"))
    assert (status, json.loads(body)) == (404, {"error": "There is nothing at this address."})
    assert bugs == []
