import pytest

from web.page_server import Page

CROSS = {"Sec-Fetch-Site": "cross-site"}


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": None},
        {"Origin": "https://127.0.0.1:{port}"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://localhost:{port}"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/exams"), ("DELETE", "/api/exams/x"), ("PATCH", "/api/exams/x")],
)
def test_only_the_page_itself_may_change_something(
    page: Page, headers: dict[str, str | None], method: str, path: str
) -> None:
    told = {key: value and value.format(port=page.port) for key, value in headers.items()}
    answer = page.ask(method, path, {}, told)
    assert answer.status == 403
    assert "Another site" in answer.error


def test_other_sites_may_link_to_the_page_and_embed_nothing(page: Page) -> None:
    follow = {**CROSS, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert page.ask("GET", "/", None, follow).status == 200
    for mode, target in (
        ("navigate", "iframe"),
        ("navigate", "embed"),
        ("no-cors", "script"),
        ("no-cors", "image"),
        ("cors", "empty"),
    ):
        headers = {**CROSS, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": target}
        assert page.ask("GET", "/api/cohorts", None, headers).status == 403
        assert page.ask("GET", "/", None, headers).status == 403


def test_another_port_of_this_machine_is_another_site(page: Page) -> None:
    headers = {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
    assert page.ask("GET", "/api/runs", None, headers).status == 403


def test_no_other_site_is_allowed_to_read_answers(page: Page) -> None:
    answer = page.ask("GET", "/api/runs", None, {"Origin": "http://evil.example"})
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    preflight = page.ask(
        "OPTIONS",
        "/api/exams",
        None,
        {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"},
    )
    assert preflight.status == 403
