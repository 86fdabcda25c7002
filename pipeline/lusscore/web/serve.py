"""The server: listens, answers, and leaves nothing behind."""

from __future__ import annotations

import errno
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from types import FrameType

import uvicorn

from lusscore import Model
from lusscore.errors import ServeError
from lusscore.web.app import make_app
from lusscore.web.cohorts import Cohorts
from lusscore.web.exams import Exams
from lusscore.web.jobs import Jobs
from lusscore.web.pages import Pages
from lusscore.web.protocol import prompt_protocol
from lusscore.web.room import Room
from lusscore.web.runs import Runs
from lusscore.web.settings import ServeSettings
from lusscore.web.upload_folder import upload_folder
from lusscore.web.uploads import Uploads

_LAST_PORT = 65535
_GRACE = 2
"""Seconds that answers under way have when the server stops."""


@dataclass(frozen=True)
class Serving:
    """A server that listens.

    Attributes
    ----------
    address
        To be opened in a browser; has the access token where one is asked for.
    port
        At which it listens.
    stop
        Ends it; the second call does not wait for answers under way.
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
    """Serve the page until it is stopped, by Ctrl-C or the system's signal to end among others.

    Uploads lie in a temporary folder that is deleted before this returns.

    Parameters
    ----------
    model
        Scores exams; closed at the end.
    settings
        Where and for whom.
    ready
        Called once the server listens.
    on_bug
        Is told of exceptions that are not the input's fault.

    Raises
    ------
    ServeError
        If the address cannot be listened at.
    """
    with closing(_listen(settings)) as listening:
        port: int = listening.getsockname()[1]
        stopping = _Stopping()
        # signals wait for the folder to be deleted
        with _signals(stopping), upload_folder() as folder:
            exams = Exams(folder, settings.limits)
            jobs = Jobs(model, on_bug)
            room = Room(
                settings=settings,
                model=model,
                exams=exams,
                uploads=Uploads(exams, settings.limits, model.bundle.zones()),
                jobs=jobs,
                cohorts=Cohorts(settings.data_dir, settings.features_dir),
                runs=Runs(settings.results_dir),
                pages=Pages(model, settings.post_token, settings.limits),
                on_bug=on_bug,
            )
            try:
                server = _Server(_configuration(room, port))
                stopping.server = server
                ready(Serving(_address(settings, port), port, stopping))
                server.run([listening])
            finally:
                jobs.end()
                exams.close_all()


def _configuration(room: Room, port: int) -> uvicorn.Config:
    limits = room.settings.limits
    return uvicorn.Config(
        make_app(room, port),
        http=prompt_protocol(limits.patience),
        ws="none",
        lifespan="on",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        # what a client claims in such headers is not believed
        proxy_headers=False,
        limit_concurrency=limits.connections,
        timeout_graceful_shutdown=_GRACE,
    )


class _Server(uvicorn.Server):
    """Leaves signals to :func:`_signals`: uvicorn's own end the process before the folder does."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Stopping:
    """Stops the server, at once when asked a second time."""

    def __init__(self) -> None:
        self.server: uvicorn.Server | None = None

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
    # nohup has hanging up ignored
    wanted = [
        each
        for each in wanted
        if each == signal.SIGINT or signal.getsignal(each) is not signal.SIG_IGN
    ]
    before = {each: signal.signal(each, stop) for each in wanted}
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
