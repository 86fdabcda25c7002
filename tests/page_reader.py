"""Reads an HTML page as a browser or a person would: tags, identifiers, text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_VOID = {"meta", "input", "br", "img", "hr", "link"}


class PageReader(HTMLParser):
    """Collects tags, identifiers and the text people read.

    Refuses tags that are not nested, identifiers used twice and links within the page that lead
    nowhere.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []
        identifiers = self.having("id")
        assert len(identifiers) == len(set(identifiers))
        assert {f"#{one}" for one in identifiers} >= set(self.having("href"))

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
