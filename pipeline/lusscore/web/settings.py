"""How the page is served."""

from __future__ import annotations

import ipaddress
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from lusscore.web.limits import Limits


def _secret() -> str:
    return secrets.token_urlsafe(32)


@dataclass(frozen=True)
class ServeSettings:
    """Where the page listens, what it shows and whom it answers.

    Attributes
    ----------
    host, port
        Address to listen at; port 0 takes a free one.
    data_dir, features_dir, results_dir
        Folders of cohorts, feature files and runs.
    limits
        Of uploads.
    ask_token
        Whether an access token is asked for on this machine too, where several people may be
        logged in; another address always asks.
    access_token
        What the printed address carries; a browser that shows it is given `session`.
    session
        What the browser's cookie carries from then on.
    post_token
        What the page sends with everything that changes something.
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
        return is_loopback(self.host)

    @property
    def needs_token(self) -> bool:
        """Whether a browser must show the access token first."""
        return self.ask_token or not self.on_this_machine


def is_loopback(host: str) -> bool:
    """Tell whether `host` is an address of this machine that no other machine reaches."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
