"""Answers that come before a request has arrived whole end the connection: no more is taken."""

from __future__ import annotations

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class UnreadBody:
    """Hangs up after an answer to a request of which some is still to come.

    Parameters
    ----------
    app
        Answers the request.
    linger
        Seconds in which a sender may still be busy sending: cut at once, it would not see why.
    """

    def __init__(self, app: ASGIApp, linger: float) -> None:
        self.app = app
        self.linger = linger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; throw the rest of it away, for a moment, before hanging up."""
        if scope["type"] != "http" or not _has_body(scope):
            await self.app(scope, receive, send)
            return
        arrived = False

        async def noted() -> Message:
            nonlocal arrived
            message = await receive()
            arrived = arrived or not message.get("more_body", False)
            return message

        async def hanging_up(message: Message) -> None:
            if message["type"] == "http.response.start" and not arrived:
                MutableHeaders(scope=message)["Connection"] = "close"
            if message["type"] != "http.response.body" or message.get("more_body") or arrived:
                await send(message)
                return
            await send({**message, "more_body": True})
            with anyio.move_on_after(self.linger):
                while not arrived:
                    await noted()
            await send({"type": "http.response.body", "body": b"", "more_body": False})

        await self.app(scope, noted, hanging_up)


def _has_body(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
