from collections.abc import Callable

import pytest

from lusscore.web.settings import ServeSettings
from web.page_server import Page, small


def test_nothing_is_answered_without_the_access_token(serve_page: Callable[..., Page]) -> None:
    page = serve_page(small(), ask_token=True)
    cookie = page.more.pop("Cookie")
    name, session = cookie.split("=", 1)
    for method, path in (
        ("GET", "/"),
        ("GET", "/api/cohorts"),
        ("GET", "/static/any.js"),
        ("POST", "/api/exams"),
        ("GET", "/?token=wrong"),
        ("GET", f"/?token={session}"),
        ("GET", f"/?token={page.token}"),
    ):
        answer = page.ask(method, path)
        assert answer.status == 401, path
        assert page.token not in answer.error
    for wrong in (f"{name}=", f"{name}={page.token}", f"other={session}", f'{name}="\x01"', ";;="):
        assert page.ask("GET", "/", None, {"Cookie": wrong}).status == 401
    assert page.ask("GET", "/", None, {"Cookie": cookie}).status == 200


def test_the_access_token_is_exchanged_for_a_cookie_that_scripts_do_not_see(
    serve_page: Callable[..., Page],
) -> None:
    page = serve_page(small(), ask_token=True, access_token="secret-word")
    del page.more["Cookie"]
    answer = page.ask("GET", "/?token=secret-word")
    assert answer.status == 303
    assert answer.headers["location"] == "/"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "secret-word" not in cookie
    assert page.ask("GET", "/", None, {"Cookie": cookie.split(";")[0]}).status == 200


@pytest.mark.parametrize(
    ("host", "needed"),
    [
        ("127.0.0.1", False),
        ("localhost", False),
        ("::1", False),
        ("127.8.8.8", False),
        ("0.0.0.0", True),
        ("::", True),
        ("192.168.0.7", True),
        ("ward-pc", True),
        ("localhost.evil.example", True),
        ("", True),
    ],
)
def test_every_address_but_this_machines_asks_for_it(host: str, needed: bool) -> None:
    assert ServeSettings(host=host).needs_token is needed
    assert ServeSettings(host=host, ask_token=True).needs_token


def test_no_secret_is_in_what_settings_look_like() -> None:
    settings = ServeSettings()
    for secret in (settings.access_token, settings.session, settings.post_token):
        assert secret not in repr(settings)
        assert len(secret) >= 40
