"""What every request passes before the page answers it, and every answer on its way out."""

from __future__ import annotations

import ipaddress
import json
import secrets
import socket
import time
from collections.abc import AsyncIterator, Callable
from functools import cache
from http.cookies import CookieError, SimpleCookie
from typing import Any

import anyio
from markupsafe import escape
from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lusscore.errors import LusscoreError
from lusscore.web.settings import Limits, ServeSettings

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
"""Everything comes from this server, nothing is inline, and no other page frames this one."""

REPORT_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'; "
    "sandbox allow-scripts allow-downloads allow-modals"
)
"""A report is one file with its script inside: it runs in an origin of its own, where it can
neither read nor ask anything of this server."""

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), usb=(), payment=()",
    "Cache-Control": "no-store",
}
BUG = "This is a bug of lusscore; the terminal of 'lusscore serve' shows where."
_READING = ("GET", "HEAD")
_KNOWN = {
    404: "There is nothing at this address.",
    405: "This address does not answer requests of that kind.",
}


class Refusal(Exception):  # noqa: N818 -- it is an answer, not a fault of the program
    """Ends a request with an HTTP `status` and a `sentence` that holds no path of this machine."""

    def __init__(self, status: int, sentence: str) -> None:
        self.status = status
        self.sentence = sentence
        super().__init__(sentence)


class Guards:
    """Adds security headers, refuses strangers, and turns errors into sentences.

    A request must name this server as its Host, come from this very page if it changes anything,
    show the cookie where an access token is asked for, and carry the page's own token if it is no
    GET. No traceback and no path leaves the server; `on_bug` receives what is not the
    input's fault.
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: ServeSettings,
        port: int,
        on_bug: Callable[[BaseException], None],
    ) -> None:
        self.app = app
        self.settings = settings
        self.port = port
        self.on_bug = on_bug

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def secured(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", PAGE_POLICY)
                headers.update(_HEADERS)
            await send(message)

        receive, answer = _hanging_up(scope, receive, secured, self.settings.limits.linger)
        try:
            redirect = self._check(scope)
            await (redirect or self.app)(scope, receive, answer)
        except Exception as error:
            if not isinstance(error, (Refusal, HTTPException)):
                self.on_bug(error)
            if not begun:
                await _in_words(error, scope)(scope, receive, answer)

    def _check(self, scope: Scope) -> Response | None:
        """Refuse a request, or let it pass; a redirect sets the cookie of who shows the token."""
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not allows_host(self.settings, self.port, hosts[0]):
            raise Refusal(
                421,
                "This server does not go by that name; open the address that 'lusscore serve' "
                "printed.",
            )
        reads = scope["method"] in _READING
        if not (_may_read(headers) if reads else _may_change(headers, scope["scheme"])):
            raise Refusal(403, "Another site asked for this; use the page itself.")
        if self.settings.needs_token and not _same(self._cookie(headers), self.settings.session):
            return self._exchange_token(scope)
        token = headers.get("x-lusscore-token", "")
        if not reads and not _same(token, self.settings.post_token):
            raise Refusal(403, "The page is older than the server; load it again.")
        return None

    @property
    def _cookie_name(self) -> str:
        # cookies know no ports: two servers on one machine must not share one
        return f"lusscore-{self.port}"

    def _cookie(self, headers: Headers) -> str:
        try:
            morsel = SimpleCookie(headers.get("cookie", "")).get(self._cookie_name)
        except CookieError:
            return ""
        return morsel.value if morsel else ""

    def _exchange_token(self, scope: Scope) -> Response:
        token = QueryParams(scope["query_string"]).get("token", "")
        if scope["method"] != "GET" or not _same(token, self.settings.access_token):
            raise Refusal(
                401,
                "This page asks for an access token; open the whole address that 'lusscore serve' "
                "printed.",
            )
        answer = RedirectResponse("/", 303)
        answer.set_cookie(
            self._cookie_name, self.settings.session, httponly=True, samesite="strict"
        )
        return answer


def allows_host(settings: ServeSettings, port: int, host: str) -> bool:
    """Whether a Host header names this server, so that no rebound name reaches it."""
    name, _, shown = host.rpartition(":") if not host.endswith("]") else (host, "", "")
    if not name:
        name, shown = host, ""
    name, own = name.lower().rstrip("."), settings.host.lower()
    if (shown or "80") != str(port):
        return False
    if name in ("127.0.0.1", "localhost", "[::1]", f"[{own}]" if ":" in own else own):
        return True
    # a numeric address cannot come from a rebound name
    return not settings.on_this_machine and (_is_address(name) or name in _machine_names())


@cache
def _machine_names() -> set[str]:
    return {socket.gethostname().lower(), socket.getfqdn().lower()}


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def _may_change(headers: Headers, scheme: str) -> bool:
    """Whether a request comes from this very origin, as browsers say it."""
    origin = headers.get("origin")
    site = headers.get("sec-fetch-site", "same-origin")
    return origin == f"{scheme}://{headers.get('host')}" and site == "same-origin"


def _may_read(headers: Headers) -> bool:
    """Whether a request is this page's, or a person followed a link."""
    if headers.get("sec-fetch-site", "none") in ("same-origin", "none"):
        return True
    return headers.get("sec-fetch-mode") == "navigate" and (
        headers.get("sec-fetch-dest") == "document"
    )


def _same(shown: str, expected: str) -> bool:
    return secrets.compare_digest(shown.encode(), expected.encode())


def _in_words(error: Exception, scope: Scope) -> Response:
    """Answer an error with JSON, or with a page where a person opened the address."""
    status, headers = 500, {}
    sentence = BUG
    if isinstance(error, Refusal):
        status, sentence = error.status, error.sentence
        headers = {"Retry-After": "1"} if status in (429, 503) else {}
    elif isinstance(error, HTTPException):
        status = error.status_code
        sentence = _KNOWN.get(status, "The request was not understood.")
    elif isinstance(error, LusscoreError):
        status, sentence = 422, "It could not be done; the terminal of 'lusscore serve' says why."
    if scope["method"] == "GET" and Headers(scope=scope).get("accept", "").startswith("text/html"):
        page = f"<!doctype html><title>lusscore</title><p>{escape(sentence)}</p>"
        return HTMLResponse(page, status)
    return JSONResponse({"error": sentence}, status, headers)


def _hanging_up(scope: Scope, receive: Receive, send: Send, linger: float) -> tuple[Receive, Send]:
    """End the connection after an answer to a request of which some is still to come.

    For `linger` seconds what still comes is thrown away: cut at once, the sender would not see
    the answer.
    """
    headers = Headers(scope=scope)
    arrived = headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers

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
        with anyio.move_on_after(linger):
            while not arrived:
                await noted()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    return noted, hanging_up


async def timed_chunks(request: Request, limits: Limits) -> AsyncIterator[bytes]:
    """Yield a body as it arrives, and refuse a silent or slow sender; the caller counts it."""
    begun, received = time.monotonic(), 0
    stream = request.stream().__aiter__()
    while True:
        try:
            with anyio.fail_after(limits.silence):
                chunk = await stream.__anext__()
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise Refusal(408, "Nothing arrived for too long; try again.") from None
        except ClientDisconnect:
            raise Refusal(400, "The upload broke off; try again.") from None
        received += len(chunk)
        elapsed = time.monotonic() - begun
        if elapsed > limits.grace and received < elapsed * limits.slowest:
            raise Refusal(408, "The upload was too slow; try again.")
        if chunk:
            yield chunk


async def read_json(request: Request, limits: Limits, **expected: type) -> dict[str, Any]:
    """Read a small JSON object with exactly the entries `expected`, by name and type."""
    body = b""
    async for chunk in timed_chunks(request, limits):
        body += chunk
        if len(body) > limits.text_bytes:
            raise Refusal(413, "The request is larger than expected.")
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict) or set(content) != set(expected):
        raise Refusal(400, "The request was not understood; load the page again.")
    for name, kind in expected.items():
        # JSON's true is an int to Python
        if not isinstance(content[name], kind) or isinstance(content[name], bool) != (kind is bool):
            raise Refusal(400, f"The request's {name} is not valid.")
    return content
