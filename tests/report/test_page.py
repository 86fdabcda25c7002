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
def page(clinical_page):
    return clinical_page


@pytest.fixture(scope="module")
def weak_page(weak_folder):
    return write_report(weak_folder).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def images_page(images_folder):
    return write_report(images_folder).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def half_page(half_folder):
    return write_report(half_folder).read_text(encoding="utf-8")


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
    assert len(figures) == 9
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


def _well_formed(page):
    parsed = _Page(page)
    assert len(parsed.ids) == len(set(parsed.ids))
    targets = [a["href"] for tag, a in parsed.tags if tag == "a"]
    assert all(target[1:] in parsed.ids for target in targets)
    return parsed


def test_without_zones_the_page_says_why_and_shows_nothing_of_them(images_page):
    parsed = _well_formed(images_page)
    words = parsed.words()
    assert "No clip of this run has a zone on record" in words
    assert not {"global-score", "exams", "cards"} & set(parsed.ids)
    for absent in ("Fig. 2", "Fig. 3c", "Fig. 4", "Global score"):
        assert absent not in words
    assert "Fig. 3a" in words
    assert "Fig. 3b" in words
    assert "clip-level numbers share that weakness and stand in for zones" in words
    assert not re.search(r"\b(?i:nan)\b", words)
    figures = [a for tag, a in parsed.tags if a.get("class") == "drawing"]
    assert len(figures) == 5


def test_calibration_chance_and_agreement_are_told(page):
    parsed = _well_formed(page)
    words = parsed.words()
    assert "calibration" in parsed.ids
    assert "Expected calibration error" in words
    assert "ICC(A,1)" in words
    assert words.count("chance 0.") > 50
    assert "McNemar’s test" in words


@pytest.mark.usefixtures("without_figures")
def test_the_rule_is_told_and_others_are_for_information_only(page, own_folder, change_metrics):
    words = _Page(page).words()
    assert "is the score that most of its frames have, the higher on a tie (rule majority)" in words
    assert "The rule that is reported was fixed before the run" in words
    assert "picking the highest row here would be choosing on the test data" in words

    def choose(metrics):
        first = metrics["models"][0]
        metrics["rules"]["clip"]["chosen_in_folds"] = True
        metrics["rules"]["clip"]["folds"][first] = {"worst": 2, "top-5": 1}

    change_metrics(own_folder, choose)
    chosen = _Page(write_report(own_folder).read_text(encoding="utf-8")).words()
    assert "The rule that is reported was chosen inside the training folds" in chosen
    assert "worst in 2 folds and top-5 in 1 fold" in chosen


def test_abstention_is_told_to_describe_and_to_give_no_threshold(page):
    words = _well_formed(page).words()
    assert "These curves describe the held-out clips and give no threshold" in words
    assert "has to be fixed on training data" in words
    assert words.count("Answering 70 % of clips") == 3


def test_a_page_without_exams_has_and_allows_no_script(images_page):
    assert "<script" not in images_page
    assert "script-src" not in images_page


def test_unknown_zones_are_told_beside_everything_of_zones_and_exams(half_page, page):
    words = _well_formed(half_page).words()
    assert words.count("have no zone on record: they count for frames and clips") == 3
    assert words.count("clips of unknown zone") == 6
    assert words.count("2 of 12 exams have no clip with a zone on record") == 2
    assert not re.search(r"\b(?i:nan)\b", words)
    cards = [a for tag, a in _Page(half_page).tags if a.get("class") == "exam"]
    assert len(cards) == 10
    assert "zone on record" not in page
    assert "unknown zone" not in page


def test_the_number_of_clips_left_out_is_in_the_summary_and_the_reasons_below(page, weak_page):
    parsed = _Page(page)
    words = parsed.words()
    assert "1 clip could not be used; which and why" in words
    assert "The clip cannot be read as video; replace it." in words
    assert {"href": "#skipped"} in [a for tag, a in parsed.tags if tag == "a"]
    assert page.index("could not be used") < page.index('id="results"')
    assert "could not be used" not in weak_page


def test_no_folder_of_a_clip_left_out_is_told(page):
    for word in ("/clinic/", "ann smith", "doe_jane", "L-ant-sup_1.mp4"):
        assert word not in page


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
    for word in ("/clinic/", "secret", "ann smith", "doe_jane", "C:\\"):
        assert word not in page
    assert "lusscore cv …/study" in _Page(page).words()
    assert str(hostile_folder) not in page
