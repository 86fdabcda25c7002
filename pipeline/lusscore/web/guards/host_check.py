"""The Host header: a name that an attacker points at this machine is not one of ours."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from lusscore.web.guards.refusal import Refusal
from lusscore.web.settings import is_loopback


@dataclass(frozen=True)
class AllowedHosts:
    """Names under which the page answers.

    Attributes
    ----------
    names
        In lower case, without port.
    port
        Of the server.
    any_address
        Whether every numeric address will do: such a Host cannot come from a rebound name.
    """

    names: frozenset[str]
    port: int
    any_address: bool

    def allow(self, host: str) -> bool:
        """Tell whether a Host header names this server."""
        name, _, port = host.rpartition(":") if not host.endswith("]") else (host, "", "")
        if not name:
            name, port = host, ""
        if (port or "80") != str(self.port):
            return False
        name = name.lower().rstrip(".")
        return name in self.names or (self.any_address and _is_address(name))


def allowed_hosts(host: str, port: int) -> AllowedHosts:
    """Return the names of a server that listens at `host` and `port`."""
    names = {"127.0.0.1", "localhost", "[::1]", f"[{host}]" if ":" in host else host.lower()}
    if not is_loopback(host):
        names |= {socket.gethostname().lower(), socket.getfqdn().lower()}
    return AllowedHosts(frozenset(names), port, any_address=not is_loopback(host))


class HostCheck:
    """Refuses requests for hosts that this server is not."""

    def __init__(self, app: ASGIApp, allowed: AllowedHosts) -> None:
        self.app = app
        self.allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on if its Host is one of ours."""
        if scope["type"] == "http":
            hosts = Headers(scope=scope).getlist("host")
            if len(hosts) != 1 or not self.allowed.allow(hosts[0]):
                raise Refusal(
                    421,
                    "This server does not go by that name; open the address that 'lusscore serve' "
                    "printed.",
                )
        await self.app(scope, receive, send)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
