"""Errors become sentences: no traceback and no path leaves the server."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import escape
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lusscore.errors import LusscoreError
from lusscore.web.guards.refusal import Refusal

_KNOWN = {
    404: "There is nothing at this address.",
    405: "This address does not answer requests of that kind.",
}


class Sentences:
    """Answers every exception with JSON.

    Parameters
    ----------
    app
        Answers the request.
    on_bug
        Is told of exceptions that are not the input's fault.
    """

    def __init__(self, app: ASGIApp, on_bug: Callable[[BaseException], None]) -> None:
        self.app = app
        self.on_bug = on_bug

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and answer what it raises."""
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except Exception as error:
            if not isinstance(error, (Refusal, HTTPException)):
                self.on_bug(error)
            if not begun:
                await _answer(_refusal(error), scope)(scope, receive, send)


def _answer(refusal: Refusal, scope: Scope) -> Response:
    """Return a refusal as JSON, or as a page where a person opened the address."""
    wanted = Headers(scope=scope).get("accept", "")
    if scope["method"] == "GET" and wanted.startswith("text/html"):
        text = f"<!doctype html><title>lusscore</title><p>{escape(refusal.sentence)}</p>"
        return HTMLResponse(text, refusal.status)
    return refusal.response()


def _refusal(error: Exception) -> Refusal:
    if isinstance(error, Refusal):
        return error
    if isinstance(error, HTTPException):
        return Refusal(error.status_code, _KNOWN.get(error.status_code, "It was not understood."))
    if isinstance(error, LusscoreError):
        return Refusal(422, "It could not be done; the terminal of 'lusscore serve' says why.")
    return Refusal(500, "The program made a mistake; the terminal of 'lusscore serve' says where.")
