import pytest

from web.page_server import Page

CHANGES = [
    ("POST", "/api/exams"),
    ("PATCH", "/api/exams/x"),
    ("DELETE", "/api/exams/x"),
    ("POST", "/api/exams/x/clips"),
    ("POST", "/api/exams/x/score"),
    ("POST", "/api/exams/x/stop"),
    ("POST", "/api/exams/x/leave"),
    ("PATCH", "/api/exams/x/clips/1"),
    ("DELETE", "/api/exams/x/clips/1"),
    ("POST", "/api/exams/x/clips/1/label"),
    ("POST", "/api/cohorts/x/labels"),
]


@pytest.mark.parametrize("token", [None, "wrong", "\u00e9"])
@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_nothing_is_changed_without_the_token(
    page: Page, method: str, path: str, token: str | None
) -> None:
    answer = page.ask(method, path, {}, {"X-Lusscore-Token": token})
    assert answer.status == 403
    assert "load it again" in answer.error


def test_every_server_has_a_token_of_its_own(page: Page) -> None:
    assert len(page.token) >= 40
    assert page.ask("POST", "/api/exams", {}, {"X-Lusscore-Token": page.token[:-1]}).status == 403


@pytest.mark.parametrize("place", [0, 20, -1])
def test_a_token_that_is_wrong_in_one_letter_changes_nothing(page: Page, place: int) -> None:
    letters = list(page.token)
    letters[place] = "A" if letters[place] != "A" else "B"
    for method, path in CHANGES:
        answer = page.ask(method, path, {}, {"X-Lusscore-Token": "".join(letters)})
        assert answer.status == 403
        assert "load it again" in answer.error
