"""Where the page listens, whom it answers, and how much it takes from them."""

from __future__ import annotations

import ipaddress
import secrets
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

MEGABYTE = 1_000_000

_secret = partial(secrets.token_urlsafe, 32)


@dataclass(frozen=True)
class Limits:
    """Bounds on what is uploaded and kept, enforced while bytes arrive; times are in seconds."""

    exam_bytes: int = 2_000 * MEGABYTE
    file_bytes: int = 1_000 * MEGABYTE
    all_bytes: int = 8_000 * MEGABYTE
    """Of all open exams together."""
    clips: int = 200
    """In an exam."""
    exams: int = 8
    """Open at once."""
    uploads: int = 8
    """Arriving at once."""
    connections: int = 128
    text_bytes: int = 64_000
    """Of a request that is not a clip."""
    silence: float = 15.0
    """Without a byte, after which an upload or a request is cut."""
    slowest: float = 20_000.0
    """Bytes per second that an upload must bring on average."""
    grace: float = 20.0
    """Before that average counts."""
    linger: float = 2.0
    """In which a request that was refused early may still arrive."""
    patience: float = 10.0
    """For the head of a request."""
    idle: float = 3600.0
    """Without a request, after which an exam is closed and its clips are deleted."""
    left: float = 60.0
    """The same once the page has said that it was closed."""

    @classmethod
    def of_exam(cls, megabytes: int) -> Limits:
        """Return the usual limits with exams of up to `megabytes`."""
        most = megabytes * MEGABYTE
        return cls(exam_bytes=most, file_bytes=min(most, cls.file_bytes), all_bytes=4 * most)


@dataclass(frozen=True)
class ServeSettings:
    """How the page is served; port 0 takes a free one.

    `ask_token` asks for an access token on this machine too, where several people may be logged
    in; another address always asks. The printed address carries `access_token`, a browser gets
    the cookie `session` for it, and the page sends `post_token` with all that changes something.
    """

    host: str = "127.0.0.1"
    port: int = 8477
    data_dir: Path = Path("data")
    features_dir: Path = Path("features")
    results_dir: Path = Path("results")
    limits: Limits = field(default_factory=Limits)
    ask_token: bool = False
    access_token: str = field(default_factory=_secret, repr=False)
    session: str = field(default_factory=_secret, repr=False)
    post_token: str = field(default_factory=_secret, repr=False)

    @property
    def on_this_machine(self) -> bool:
        """Whether only programs of this machine reach the page."""
        if self.host.lower() == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return False

    @property
    def needs_token(self) -> bool:
        """Whether a browser must show the access token first."""
        return self.ask_token or not self.on_this_machine
