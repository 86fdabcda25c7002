"""The server: listens, answers, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import signal
import socket
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import anyio
import uvicorn
from anyio.to_thread import run_sync
from filelock import FileLock, Timeout
from starlette.routing import Router
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from lusscore import Model
from lusscore.errors import ServeError
from lusscore.web.cohorts import Cohorts
from lusscore.web.exams import Exams
from lusscore.web.guards import Guards
from lusscore.web.jobs import Jobs
from lusscore.web.pages import Pages
from lusscore.web.routes import AppState, routes
from lusscore.web.runs import Runs
from lusscore.web.settings import ServeSettings
from lusscore.web.uploads import Uploads

_LAST_PORT = 65535
_GRACE = 2
"""Seconds that answers under way have when the server stops."""
_SWEEP = (0.1, 5.0)
"""Fewest and most seconds between looks for exams that nobody asks for."""
_PREFIX = "lusscore-serve-"
_LOCK = "in-use.lock"


@dataclass(frozen=True)
class Serving:
    """A server that listens: its `address` has the access token where one is asked for.

    `stop` ends it; the second call does not wait for answers under way.
    """

    address: str
    port: int
    stop: Callable[[], None]


def serve(
    model: Model,
    settings: ServeSettings,
    *,
    ready: Callable[[Serving], None],
    on_bug: Callable[[BaseException], None],
) -> None:
    """Serve the page until it is stopped, by Ctrl-C or another signal to end.

    Uploads lie in a temporary folder that is deleted before this returns, and `model` is closed.
    `ready` is called once the server listens; `on_bug` receives exceptions that are not the
    input's fault. Raises ServeError if the address cannot be listened at.
    """
    with closing(_listen(settings)) as listening:
        port: int = listening.getsockname()[1]
        stopping = _Stopping()
        # signals wait for the folder to be deleted
        with _signals(stopping), upload_folder() as folder:
            exams = Exams(folder, settings.limits)
            jobs = Jobs(model, on_bug)
            state = AppState(
                settings=settings,
                model=model,
                exams=exams,
                uploads=Uploads(exams, settings.limits, model.bundle.zones()),
                jobs=jobs,
                cohorts=Cohorts(settings.data_dir, settings.features_dir),
                runs=Runs(settings.results_dir),
                pages=Pages(model, settings.post_token, settings.limits),
            )
            app = Guards(_Addresses(state), settings, port, on_bug)
            try:
                server = _Server(_configuration(app, settings))
                stopping.server = server
                ready(Serving(_address(settings, port), port, stopping))
                server.run([listening])
            finally:
                jobs.end()
                exams.close_all()


class _Addresses:
    """Routes requests to what answers them, and closes exams that nobody asks for."""

    def __init__(self, state: AppState) -> None:
        self.state = state
        self._router = Router(routes(), redirect_slashes=False, lifespan=self._sweeping)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self
        await self._router(scope, receive, send)

    @asynccontextmanager
    async def _sweeping(self, app: object) -> AsyncIterator[None]:
        least, most = _SWEEP
        seconds = max(least, min(most, self.state.settings.limits.left))

        async def sweep() -> None:
            while True:
                await anyio.sleep(seconds)
                await run_sync(self.state.exams.close_idle)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(sweep)
            yield
            tasks.cancel_scope.cancel()


def _configuration(app: Guards, settings: ServeSettings) -> uvicorn.Config:
    class Protocol(_PromptProtocol):
        patience = settings.limits.patience

    return uvicorn.Config(
        app,
        http=Protocol,
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        # a client can claim anything in such headers
        proxy_headers=False,
        limit_concurrency=settings.limits.connections,
        timeout_graceful_shutdown=_GRACE,
    )


class _PromptProtocol(H11Protocol):
    """Closes connections whose next request has no whole head within `patience` seconds.

    What follows the head is timed where it is read; between requests the server's own keep-alive
    time counts.
    """

    patience: float

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is None or self.cycle.response_complete:
            self._wait_for_head()
        else:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.patience, self._give_up)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        self.transport.close()


class _Server(uvicorn.Server):
    """Leaves signals to :func:`_signals`: uvicorn's own end the process before the folder does."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Stopping:
    """Stops the server, at once when asked a second time."""

    server: uvicorn.Server | None = None

    def __call__(self) -> None:
        if self.server is not None:
            self.server.force_exit = self.server.should_exit
            self.server.should_exit = True


@contextmanager
def _signals(stopping: _Stopping) -> Iterator[None]:
    """Stop the server on signals to end; only a main thread gets them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        stopping()

    names = ("SIGINT", "SIGTERM", "SIGBREAK", "SIGHUP")
    wanted = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {
        each: signal.signal(each, stop)
        for each in wanted
        # nohup has hanging up ignored
        if each == signal.SIGINT or signal.getsignal(each) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for each, earlier in before.items():
            signal.signal(each, earlier)


def _listen(settings: ServeSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    host = settings.host.strip("[]")
    if not 0 <= settings.port <= _LAST_PORT:
        raise ServeError(f"There is no port {settings.port}; expected 0 to {_LAST_PORT}.")
    try:
        return socket.create_server((host, settings.port), family=family)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ServeError(
                f"Port {settings.port} of {settings.host} is taken, perhaps by another 'lusscore "
                "serve'; choose another with --port, or a free one with --port 0."
            ) from None
        raise ServeError(
            f"The page cannot listen at {settings.host}, port {settings.port} "
            f"({error.strerror}); expected an address of this machine and a port above 1023."
        ) from None


def _address(settings: ServeSettings, port: int) -> str:
    host = settings.host.strip("[]")
    if host in ("0.0.0.0", "::", ""):
        host = socket.gethostname()
    shown = f"[{host}]" if ":" in host else host
    token = f"?token={settings.access_token}" if settings.needs_token else ""
    return f"http://{shown}:{port}/{token}"


@contextmanager
def upload_folder() -> Iterator[Path]:
    """Make a folder that only this user may open, and delete it with all in it afterwards.

    Folders of servers that were killed are deleted too: nobody holds their lock.
    """
    _sweep(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    lock = FileLock(folder / _LOCK)
    with suppress(OSError):  # where the drive has no locks, no other server deletes it either
        lock.acquire()
    try:
        yield folder
    finally:
        lock.release()
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(where: Path) -> None:
    for folder in where.glob(f"{_PREFIX}*"):
        try:
            if not _is_ours(folder):
                continue
            with FileLock(folder / _LOCK, timeout=0):
                pass
        except (Timeout, OSError):
            continue
        shutil.rmtree(folder, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    """Whether it is a real folder of this user with a lock in it."""
    # without the lock it is being made at this moment by another server
    if folder.is_symlink() or not (folder / _LOCK).is_file():
        return False
    return not hasattr(os, "getuid") or folder.stat().st_uid == os.getuid()
