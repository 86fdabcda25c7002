"""The access token of the printed address, exchanged for a cookie that scripts cannot read."""

from __future__ import annotations

import secrets
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, QueryParams
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from lusscore.web.guards.refusal import Refusal
from lusscore.web.settings import ServeSettings

PARAMETER = "token"


class AccessToken:
    """Answers only browsers that have shown the access token once."""

    def __init__(self, app: ASGIApp, settings: ServeSettings, port: int) -> None:
        self.app = app
        self.settings = settings
        # cookies know no ports: two servers on one machine must not share one
        self.cookie = f"lusscore-{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on if its cookie is ours; exchange a token for the cookie."""
        if scope["type"] != "http" or _same(self._shown(scope), self.settings.session):
            await self.app(scope, receive, send)
            return
        token = QueryParams(scope["query_string"]).get(PARAMETER, "")
        if scope["method"] != "GET" or not _same(token, self.settings.access_token):
            raise Refusal(
                401,
                "This page asks for an access token; open the whole address that 'lusscore serve' "
                "printed.",
            )
        answer = RedirectResponse("/", 303)
        answer.set_cookie(self.cookie, self.settings.session, httponly=True, samesite="strict")
        await answer(scope, receive, send)

    def _shown(self, scope: Scope) -> str:
        try:
            cookies = SimpleCookie(Headers(scope=scope).get("cookie", ""))
        except CookieError:
            return ""
        morsel = cookies.get(self.cookie)
        return morsel.value if morsel else ""


def _same(shown: str, expected: str) -> bool:
    return secrets.compare_digest(shown.encode(), expected.encode())
