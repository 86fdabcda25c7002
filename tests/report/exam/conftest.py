"""Pages of scored exams, and a reader of pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest

from exam_maker import make_exam, make_exam_bundle
from lusscore.report.exam import exam_page

_VOID = {"meta", "input", "br", "img", "hr", "link"}


class PageReader(HTMLParser):
    """Collects tags, identifiers and the text people read; refuses tags that are not nested."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.text.append(data)

    def words(self) -> str:
        """All text, with single spaces."""
        return re.sub(r"\s+", " ", " ".join(self.text))

    def having(self, name: str) -> list[str]:
        """Values of an attribute, wherever it stands."""
        return [attributes[name] for _, attributes in self.tags if name in attributes]

    def of_class(self, name: str) -> list[dict[str, str]]:
        """Attributes of the elements of a class."""
        return [a for _, a in self.tags if name in a.get("class", "").split()]


@pytest.fixture(scope="session")
def read_page() -> Callable[[str], PageReader]:
    return PageReader


@pytest.fixture(scope="session")
def page() -> str:
    """The page of an exam with all that can befall one."""
    return exam_page(make_exam(), make_exam_bundle(), created="2026-03-14T09:05:00+00:00")
