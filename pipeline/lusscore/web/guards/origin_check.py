"""Where a request comes from: other sites may link to the page and do nothing else."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from lusscore.web.guards.refusal import Refusal

_READING = ("GET", "HEAD")


class OriginCheck:
    """Refuses what another site asks for.

    Everything that may change something must say that it comes from this very origin, as browsers
    do; what only reads may say nothing, or that a person followed a link.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on if it comes from this page."""
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            reads = scope["method"] in _READING
            allowed = _may_read(headers) if reads else _may_change(headers, scope["scheme"])
            if not allowed:
                raise Refusal(403, "Another site asked for this; use the page itself.")
        await self.app(scope, receive, send)


def _may_change(headers: Headers, scheme: str) -> bool:
    origin = headers.get("origin")
    site = headers.get("sec-fetch-site", "same-origin")
    return origin == f"{scheme}://{headers.get('host')}" and site == "same-origin"


def _may_read(headers: Headers) -> bool:
    if headers.get("sec-fetch-site", "none") in ("same-origin", "none"):
        return True
    return headers.get("sec-fetch-mode") == "navigate" and (
        headers.get("sec-fetch-dest") == "document"
    )
