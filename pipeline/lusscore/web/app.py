"""The server's program: guards before everything, then the addresses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace

import anyio
from anyio.to_thread import run_sync
from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from lusscore.web.guards import (
    AccessToken,
    HostCheck,
    OriginCheck,
    PostToken,
    SecurityHeaders,
    Sentences,
    UnreadBody,
    allowed_hosts,
)
from lusscore.web.room import Room
from lusscore.web.routes import routes

_SWEEP = (0.1, 5.0)
"""Fewest and most seconds between looks for exams that nobody asks for."""


def make_app(room: Room, port: int) -> ASGIApp:
    """Return what answers requests.

    Every request passes the guards from the outside in: headers for every answer, what is left of
    a request, sentences for errors, the Host, the Origin, the access token where one is asked for,
    and the page's token where something is to change.

    Parameters
    ----------
    room
        The server's state.
    port
        At which it listens.
    """
    app: ASGIApp = PostToken(_Addresses(room), room.settings.post_token)
    if room.settings.needs_token:
        app = AccessToken(app, room.settings, port)
    app = OriginCheck(app)
    app = HostCheck(app, allowed_hosts(room.settings.host, port))
    return SecurityHeaders(UnreadBody(Sentences(app, room.on_bug), room.settings.limits.linger))


class _Addresses:
    """Routes requests to what answers them, and closes exams that nobody asks for."""

    def __init__(self, room: Room) -> None:
        self.state = SimpleNamespace(room=room)
        self._router = Router(routes(), redirect_slashes=False, lifespan=self._sweeping)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self
        await self._router(scope, receive, send)

    @asynccontextmanager
    async def _sweeping(self, app: object) -> AsyncIterator[None]:
        room: Room = self.state.room
        least, most = _SWEEP
        seconds = max(least, min(most, room.settings.limits.left))

        async def sweep() -> None:
            while True:
                await anyio.sleep(seconds)
                await run_sync(room.exams.close_idle)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(sweep)
            yield
            tasks.cancel_scope.cancel()
