"""A secret that only the page knows goes with everything that changes something."""

from __future__ import annotations

import secrets

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from lusscore.web.guards.refusal import Refusal

HEADER = "x-lusscore-token"


class PostToken:
    """Refuses requests other than GET and HEAD that lack this process's token."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self.app = app
        self.token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on if it only reads or carries the token."""
        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD"):
            shown = Headers(scope=scope).get(HEADER, "").encode()
            if not secrets.compare_digest(shown, self.token):
                raise Refusal(
                    403,
                    "The page is from before the server was started anew; load it again.",
                )
        await self.app(scope, receive, send)
