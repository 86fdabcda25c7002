import pytest

from web.page_server import Page


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 50_000,
        b'{"name": 1}',
        b'{"name": true}',
        b'{"name": null}',
        b'{"name": "a", "more": 1}',
        b'{"other": "a"}',
    ],
)
def test_what_is_not_understood_is_refused(page: Page, content: bytes) -> None:
    exam = page.open_exam()
    answer = page.ask("PATCH", f"/api/exams/{exam}", content)
    assert answer.status == 400
    page.ask("DELETE", f"/api/exams/{exam}")


def test_a_request_that_is_too_large_is_refused(page: Page) -> None:
    exam = page.open_exam()
    answer = page.ask("PATCH", f"/api/exams/{exam}", {"name": "x" * 100_000})
    assert answer.status == 413
    page.ask("DELETE", f"/api/exams/{exam}")
