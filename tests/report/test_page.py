import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from lusscore.report.write import write_report

_VOID = {"meta", "input", "br", "img", "hr", "link"}
_SVG_LEAVES = {"path", "use", "rect", "circle"}


class _Page(HTMLParser):
    """Collects what a page loads, its identifiers and the text people read; checks nesting."""

    def __init__(self, html):
        super().__init__()
        self.loads, self.ids, self.open, self.tags, self.text = [], [], [], [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append((tag, attributes))
        self.loads += [attributes[key] for key in ("src", "srcset", "data") if key in attributes]
        if tag == "link":
            self.loads.append(attributes)
        self.ids += [attributes["id"]] if "id" in attributes else []
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in _VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open, tag
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.text.append(data)

    def words(self):
        return re.sub(r"\s+", " ", " ".join(self.text))


@pytest.fixture(scope="module")
def page(clinical_folder):
    return write_report(clinical_folder).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def weak_page(weak_folder):
    return write_report(weak_folder).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def hostile_page(hostile_folder):
    return write_report(hostile_folder).read_text(encoding="utf-8")


def test_the_page_is_well_formed_and_every_identifier_is_used_once(page):
    parsed = _Page(page)
    assert len(parsed.ids) == len(set(parsed.ids))
    targets = [a["href"] for tag, a in parsed.tags if tag == "a"]
    assert targets
    assert all(target.startswith("#") and target[1:] in parsed.ids for target in targets)


def test_the_page_loads_nothing(page):
    assert _Page(page).loads == []
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)
    assert 'http-equiv="Content-Security-Policy" content="default-src \'none\'' in page


def test_only_the_pages_own_script_may_run(page):
    policy = re.search(r"script-src 'sha256-([^']+)'", page)[1]
    (script,) = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() == policy


def test_every_figure_has_a_text_in_its_place(page):
    figures = [a for tag, a in _Page(page).tags if a.get("class") == "drawing"]
    assert len(figures) == 6
    assert all(a["role"] == "img" and len(a["aria-label"]) > 40 for a in figures)


def test_research_use_is_said_at_the_top_and_at_the_end(page):
    words = _Page(page).words()
    assert words.count("Research use only – not a medical device") == 2
    assert page.index("Research use only") < page.index("<h1>")


def test_the_banner_stands_over_synthetic_data_only(page, weak_page):
    assert "Synthetic phantom data" in weak_page
    assert weak_page.index("Synthetic phantom data") < weak_page.index("<h1>")
    assert "Synthetic phantom data" not in page


def test_weak_labels_are_told_wherever_frames_are_scored(page, weak_page):
    assert "Weak labels." in weak_page
    assert "weak labels: scores were given per" in _Page(weak_page).words()
    assert "Weak labels" not in page


def test_the_papers_rows_are_called_incomparable(page, weak_page):
    words = _Page(page).words()
    assert "as published" in words
    assert "49 patients (37 COVID-19, 12 healthy), 23,732 frames, Butterfly iQ" in words
    assert "Different data are not comparable" in words
    assert "as published" not in weak_page


def test_every_exam_can_be_opened_and_sorted(page):
    cards = [a for tag, a in _Page(page).tags if tag == "details" and a.get("class") == "exam"]
    assert len(cards) == 12
    for card in cards:
        assert len(card["data-error"].split()) == len(card["data-miss"].split()) == 3


def test_a_mismatch_is_told_by_symbol_as_well_as_colour(page):
    words = _Page(page).words()
    assert "✗ +1" in words or "✗ −1" in words
    assert "✓" in words


def test_markup_in_names_is_shown_and_not_obeyed(hostile_page):
    page = hostile_page
    parsed = _Page(page)
    assert page.count("<script>") == 1
    assert "<img" not in page
    assert "<b>one</b>" not in page
    assert "alert('x')" in parsed.words()
    assert not any(key.startswith("on") for _, attributes in parsed.tags for key in attributes)


def test_no_folder_of_the_machine_is_told(hostile_folder, hostile_page):
    page = hostile_page
    for word in ("/home", "secret", "ann smith", "doe_jane", "C:\\"):
        assert word not in page
    assert "lusscore cv …/study" in _Page(page).words()
    assert str(hostile_folder) not in page
