"""What every request passes: against a real server, by a client that sends what it likes."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from lusscore.errors import ClipError
from lusscore.web.guards import Guards, Refusal, allows_host
from lusscore.web.settings import ServeSettings
from web.page_server import Page, ServePage, small

CROSS = {"Sec-Fetch-Site": "cross-site"}
CHANGES = [
    ("POST", "/api/exams"),
    ("PATCH", "/api/exams/x"),
    ("DELETE", "/api/exams/x"),
    ("POST", "/api/exams/x/clips"),
    ("POST", "/api/exams/x/score"),
    ("POST", "/api/exams/x/stop"),
    ("POST", "/api/exams/x/leave"),
    ("PATCH", "/api/exams/x/clips/1"),
    ("DELETE", "/api/exams/x/clips/1"),
    ("POST", "/api/exams/x/clips/1/label"),
    ("POST", "/api/cohorts/x/labels"),
]


def answer(error: Exception, accept: str = "*/*") -> tuple[int, str, list[BaseException]]:
    """Return status and body that a request gets which ends in `error`, and what was reported."""
    bugs: list[BaseException] = []
    sent: list[Message] = []

    async def fail(scope: Scope, receive: Receive, send: Send) -> None:
        raise error

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"accept", accept.encode()), (b"host", b"localhost:8477")]
    scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/", "headers": headers}
    asyncio.run(Guards(fail, ServeSettings(), 8477, bugs.append)(scope, receive, send))
    return sent[0]["status"], sent[1]["body"].decode(), bugs


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


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:{port}",
        "evil.example",
        "127.0.0.1",
        "127.0.0.1:1",
        "localhost.evil.example:{port}",
        "127.0.0.1.evil.example:{port}",
        "user@127.0.0.1:{port}",
        "0.0.0.0:{port}",
        "192.168.0.1:{port}",
        "[::1]:80",
        " ",
    ],
)
def test_a_name_that_was_pointed_at_this_machine_gets_nothing(page: Page, host: str) -> None:
    for method, path in (("GET", "/"), ("POST", "/api/exams"), ("GET", "/api/runs")):
        answer = page.ask(method, path, None, {"Host": host.format(port=page.port)})
        assert answer.status == 421
        assert "does not go by that name" in answer.error
        assert page.token not in answer.body.decode()


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}"])
def test_the_page_answers_to_names_of_this_machine(page: Page, host: str) -> None:
    assert page.ask("GET", "/", None, {"Host": host.format(port=page.port)}).status == 200


def test_another_address_may_be_reached_by_its_number_and_not_by_any_name() -> None:
    anywhere = ServeSettings(host="0.0.0.0")
    for host in ("192.168.0.7:8477", "[fe80::1]:8477", "localhost:8477", "127.0.0.1:8477"):
        assert allows_host(anywhere, 8477, host), host
    for host in ("evil.example:8477", "192.168.0.7", "192.168.0.7.evil.example:8477", ""):
        assert not allows_host(anywhere, 8477, host), host


def test_port_80_may_be_left_out() -> None:
    assert allows_host(ServeSettings(), 80, "localhost")
    assert not allows_host(ServeSettings(), 8080, "localhost")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": None},
        {"Origin": "https://127.0.0.1:{port}"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://localhost:{port}"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/exams"), ("DELETE", "/api/exams/x"), ("PATCH", "/api/exams/x")],
)
def test_only_the_page_itself_may_change_something(
    page: Page, headers: dict[str, str | None], method: str, path: str
) -> None:
    told = {key: value and value.format(port=page.port) for key, value in headers.items()}
    answer = page.ask(method, path, {}, told)
    assert answer.status == 403
    assert "Another site" in answer.error


def test_other_sites_may_link_to_the_page_and_embed_nothing(page: Page) -> None:
    follow = {**CROSS, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert page.ask("GET", "/", None, follow).status == 200
    for mode, target in (
        ("navigate", "iframe"),
        ("navigate", "embed"),
        ("no-cors", "script"),
        ("no-cors", "image"),
        ("cors", "empty"),
    ):
        headers = {**CROSS, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": target}
        assert page.ask("GET", "/api/cohorts", None, headers).status == 403
        assert page.ask("GET", "/", None, headers).status == 403


def test_another_port_of_this_machine_is_another_site(page: Page) -> None:
    headers = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
    assert page.ask("GET", "/api/runs", None, headers).status == 403


def test_no_other_site_is_allowed_to_read_answers(page: Page) -> None:
    answer = page.ask("GET", "/api/runs", None, {"Origin": "http://evil.example"})
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    preflight = page.ask(
        "OPTIONS",
        "/api/exams",
        None,
        {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"},
    )
    assert preflight.status == 403


def test_nothing_is_answered_without_the_access_token(serve_page: ServePage) -> None:
    page = serve_page(small(), ask_token=True)
    cookie = page.more.pop("Cookie")
    name, session = cookie.split("=", 1)
    for method, path in (
        ("GET", "/"),
        ("GET", "/api/cohorts"),
        ("GET", "/static/any.js"),
        ("POST", "/api/exams"),
        ("GET", "/?token=wrong"),
        ("GET", f"/?token={session}"),
        ("GET", f"/?token={page.token}"),
    ):
        answer = page.ask(method, path)
        assert answer.status == 401, path
        assert page.token not in answer.error
    for wrong in (f"{name}=", f"{name}={page.token}", f"other={session}", f'{name}="\x01"', ";;="):
        assert page.ask("GET", "/", None, {"Cookie": wrong}).status == 401
    assert page.ask("GET", "/", None, {"Cookie": cookie}).status == 200


def test_the_access_token_is_exchanged_for_a_cookie_that_scripts_do_not_see(
    serve_page: ServePage,
) -> None:
    page = serve_page(small(), ask_token=True, access_token="secret-word")
    del page.more["Cookie"]
    answer = page.ask("GET", "/?token=secret-word")
    assert answer.status == 303
    assert answer.headers["location"] == "/"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "secret-word" not in cookie
    assert page.ask("GET", "/", None, {"Cookie": cookie.split(";")[0]}).status == 200


@pytest.mark.parametrize(
    ("host", "needed"),
    [
        ("127.0.0.1", False),
        ("localhost", False),
        ("::1", False),
        ("127.8.8.8", False),
        ("0.0.0.0", True),
        ("::", True),
        ("192.168.0.7", True),
        ("ward-pc", True),
        ("localhost.evil.example", True),
        ("", True),
    ],
)
def test_every_address_but_this_machines_asks_for_it(host: str, needed: bool) -> None:
    assert ServeSettings(host=host).needs_token is needed
    assert ServeSettings(host=host, ask_token=True).needs_token


def test_no_secret_is_in_what_settings_look_like() -> None:
    settings = ServeSettings()
    for secret in (settings.access_token, settings.session, settings.post_token):
        assert secret not in repr(settings)
        assert len(secret) >= 40


@pytest.mark.parametrize("token", [None, "wrong", "\u00e9"])
@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_nothing_is_changed_without_the_token(
    page: Page, method: str, path: str, token: str | None
) -> None:
    answer = page.ask(method, path, {}, {"X-Lusscore-Token": token})
    assert answer.status == 403
    assert "load it again" in answer.error


@pytest.mark.parametrize("place", [0, 20, -1])
def test_a_token_that_is_wrong_in_one_letter_changes_nothing(page: Page, place: int) -> None:
    letters = list(page.token)
    letters[place] = "A" if letters[place] != "A" else "B"
    for method, path in CHANGES:
        answer = page.ask(method, path, {}, {"X-Lusscore-Token": "".join(letters)})
        assert answer.status == 403
        assert "load it again" in answer.error


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 50_000,
        b'{"name": 1}',
        b'{"name": true}',
        b'{"name": null}',
        b'{"name": "a", "more": 1}',
        b'{"other": "a"}',
    ],
)
def test_what_is_not_understood_is_refused(page: Page, content: bytes) -> None:
    exam = page.open_exam()
    answer = page.ask("PATCH", f"/api/exams/{exam}", content)
    assert answer.status == 400
    page.ask("DELETE", f"/api/exams/{exam}")


def test_a_request_that_is_too_large_is_refused(page: Page) -> None:
    exam = page.open_exam()
    answer = page.ask("PATCH", f"/api/exams/{exam}", {"name": "x" * 100_000})
    assert answer.status == 413
    page.ask("DELETE", f"/api/exams/{exam}")
