import pytest

from lusscore.web.guards import allowed_hosts
from web.page_server import Page


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:{port}",
        "evil.example",
        "127.0.0.1",
        "127.0.0.1:1",
        "localhost.evil.example:{port}",
        "127.0.0.1.evil.example:{port}",
        "user@127.0.0.1:{port}",
        "0.0.0.0:{port}",
        "192.168.0.1:{port}",
        "[::1]:80",
        " ",
    ],
)
def test_a_name_that_was_pointed_at_this_machine_gets_nothing(page: Page, host: str) -> None:
    for method, path in (("GET", "/"), ("POST", "/api/exams"), ("GET", "/api/runs")):
        answer = page.ask(method, path, None, {"Host": host.format(port=page.port)})
        assert answer.status == 421
        assert "does not go by that name" in answer.error
        assert page.token not in answer.body.decode()


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST:{port}"])
def test_the_page_answers_to_names_of_this_machine(page: Page, host: str) -> None:
    assert page.ask("GET", "/", None, {"Host": host.format(port=page.port)}).status == 200


def test_another_address_may_be_reached_by_its_number_and_not_by_any_name() -> None:
    allowed = allowed_hosts("0.0.0.0", 8477)
    for host in ("192.168.0.7:8477", "[fe80::1]:8477", "localhost:8477", "127.0.0.1:8477"):
        assert allowed.allow(host), host
    for host in ("evil.example:8477", "192.168.0.7", "192.168.0.7.evil.example:8477", ""):
        assert not allowed.allow(host), host


def test_port_80_may_be_left_out() -> None:
    assert allowed_hosts("127.0.0.1", 80).allow("localhost")
    assert not allowed_hosts("127.0.0.1", 8080).allow("localhost")
