import socket
import time
from collections.abc import Callable

import pytest

from web.page_server import Page, small


def hung_up_after(sender: socket.socket, begun: float) -> float:
    """Read until the server hangs up and return the seconds since `begun`."""
    try:
        while sender.recv(4096):
            pass
    except ConnectionError:
        pass
    return time.monotonic() - begun


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: x"])
def test_a_connection_that_says_nothing_or_half_a_head_is_cut(
    serve_page: Callable[..., Page], said: bytes
) -> None:
    page = serve_page(small(patience=0.3))
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", page.port), 10) as sender:
        sender.sendall(said)
        assert 0.2 < hung_up_after(sender, begun) < 3


def test_a_head_that_drips_is_cut(serve_page: Callable[..., Page]) -> None:
    page = serve_page(small(patience=0.5))
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", page.port), 10) as sender:
        try:
            while time.monotonic() - begun < 10:
                sender.sendall(b"G")
                time.sleep(0.05)
        except ConnectionError:
            pass
    assert time.monotonic() - begun < 3


def test_a_second_head_on_the_same_connection_is_timed_too(
    serve_page: Callable[..., Page],
) -> None:
    page = serve_page(small(patience=0.5))
    whole = f"GET /api/runs HTTP/1.1\r\nHost: 127.0.0.1:{page.port}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", page.port), 10) as sender:
        sender.sendall(whole)
        assert b"200 OK" in sender.recv(65536)
        begun = time.monotonic()
        sender.sendall(whole[:20])
        assert hung_up_after(sender, begun) < 3


def test_an_answer_may_take_longer_than_a_head(
    serve_page: Callable[..., Page], clip: bytes
) -> None:
    page = serve_page(small(patience=0.3, silence=5.0))
    exam = page.open_exam()
    lines = (
        f"POST /api/exams/{exam}/clips HTTP/1.1",
        f"Host: 127.0.0.1:{page.port}",
        f"Origin: {page.origin}",
        f"X-Lusscore-Token: {page.token}",
        f"Content-Length: {len(clip)}",
    )
    with socket.create_connection(("127.0.0.1", page.port), 10) as sender:
        sender.sendall("\r\n".join((*lines, "", "")).encode() + clip[:100])
        time.sleep(0.6)
        sender.sendall(clip[100:])
        assert sender.recv(65536).startswith(b"HTTP/1.1 201")
