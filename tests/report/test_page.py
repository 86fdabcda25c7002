import base64
import hashlib
import re

import pytest

from lusscore.report import write_report
from page_reader import PageReader


def _written(folder):
    return write_report(folder).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(clinical_page):
    return clinical_page


@pytest.fixture(scope="module")
def weak_page(weak_folder):
    return _written(weak_folder)


@pytest.fixture(scope="module")
def images_page(images_folder):
    return _written(images_folder)


@pytest.fixture(scope="module")
def half_page(half_folder):
    return _written(half_folder)


@pytest.fixture(scope="module")
def hostile_page(hostile_folder):
    return _written(hostile_folder)


def test_the_page_loads_nothing_and_only_its_own_script_may_run(page, images_page):
    parsed = PageReader(page)
    assert not any(parsed.having(name) for name in ("src", "srcset", "data"))
    assert "link" not in {tag for tag, _ in parsed.tags}
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)
    assert "content=\"default-src 'none'" in page
    policy = re.search(r"script-src 'sha256-([^']+)'", page)[1]
    (script,) = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() == policy
    # a page without exams needs none
    assert "<script" not in images_page
    assert "script-src" not in images_page


def test_figures_are_numbered_in_order_and_have_a_text_in_their_place(page, images_page):
    for html, count in ((page, 9), (images_page, 5)):
        parsed = PageReader(html)
        figures = parsed.of_class("drawing")
        assert len(figures) == count
        assert all(a["role"] == "img" and len(a["aria-label"]) > 40 for a in figures)
        numbers = re.findall(r"Figure (\d)(?! of)", parsed.words())
        assert numbers == [str(number) for number in range(1, count + 1)]


def test_what_must_be_known_stands_above_the_title(page, weak_page):
    words = PageReader(page).words()
    assert words.count("Research use only – not a medical device") == 2
    assert page.index("Research use only") < page.index("<h1>")
    assert weak_page.index("Synthetic phantom data") < weak_page.index("<h1>")
    assert "Synthetic phantom data" not in page


def test_weak_labels_are_named_wherever_frames_are_scored(page, weak_page):
    assert "Weak labels." in weak_page
    assert "weak labels: scores were given per" in PageReader(weak_page).words()
    assert "Weak labels" not in page


def test_the_papers_rows_are_called_incomparable(page, weak_page):
    words = PageReader(page).words()
    assert "as published" in words
    assert "49 patients (37 COVID-19, 12 healthy), 23,732 frames, Butterfly iQ" in words
    assert "Different data are not comparable" in words
    assert "as published" not in weak_page


def test_every_exam_can_be_opened_and_sorted_and_shows_mismatches_by_symbol(page):
    parsed = PageReader(page)
    cards = parsed.of_class("exam")
    assert len(cards) == 12
    for card in cards:
        assert len(card["data-error"].split()) == len(card["data-miss"].split()) == 3
    assert re.search("✗ [+−]1", parsed.words())
    assert "✓" in parsed.words()


def test_without_zones_the_page_says_why_and_shows_nothing_of_them(images_page):
    parsed = PageReader(images_page)
    words = parsed.words()
    assert "No clip of this run has a zone on record" in words
    assert not {"global-score", "exams", "cards"} & set(parsed.having("id"))
    for absent in ("Fig. 2", "Fig. 3c", "Fig. 4", "Global score"):
        assert absent not in words
    assert "Fig. 3a of the paper" in words
    assert "clip-level numbers share that weakness and stand in for zones" in words
    assert not re.search(r"\b(?i:nan)\b", words)


def test_unknown_zones_are_named_beside_everything_of_zones_and_exams(half_page, page):
    parsed = PageReader(half_page)
    words = parsed.words()
    assert words.count("have no zone on record: they count for frames and clips") == 3
    assert words.count("clips of unknown zone") == 6
    assert words.count("2 of 12 exams have no clip with a zone on record") == 2
    assert not re.search(r"\b(?i:nan)\b", words)
    assert len(parsed.of_class("exam")) == 10
    assert "zone on record" not in page
    assert "unknown zone" not in page


def test_calibration_chance_and_agreement_are_shown(page):
    words = PageReader(page).words()
    assert "Expected calibration error" in words
    assert "ICC(A,1)" in words
    assert words.count("chance 0.") > 50
    assert "McNemar’s test" in words
    assert "These curves describe the held-out clips and give no threshold" in words
    assert words.count("At a coverage of 70 % of clips") == 3


@pytest.mark.usefixtures("without_figures")
def test_the_rule_is_named_and_where_it_was_selected(page, own_folder, change_metrics):
    words = PageReader(page).words()
    assert "is the score that most of its frames have, the higher on a tie (rule majority)" in words

    def choose(metrics):
        first = metrics["models"][0]
        metrics["rules"]["clip"]["chosen_in_folds"] = True
        metrics["rules"]["clip"]["folds"][first] = {"worst": 2, "top-5": 1}

    change_metrics(own_folder, choose)
    chosen = PageReader(_written(own_folder)).words()
    assert "was selected inside the training folds" in chosen
    assert "worst in 2 folds and top-5 in 1 fold" in chosen


def test_clips_left_out_are_counted_in_the_summary_with_reasons_below(page, weak_page):
    words = PageReader(page).words()
    assert "1 clip could not be used; which and why" in words
    assert "The clip cannot be read as video; replace it." in words
    assert page.index("could not be used") < page.index('id="results"')
    assert "could not be used" not in weak_page
    for word in ("doe_jane", "L-ant-sup_1.mp4"):
        assert word not in page


def test_markup_in_names_is_shown_and_not_obeyed(hostile_page):
    parsed = PageReader(hostile_page)
    assert hostile_page.count("<script>") == 1
    assert "<img" not in hostile_page
    assert "<b>one</b>" not in hostile_page
    assert "alert('x')" in parsed.words()
    assert not any(key.startswith("on") for _, attributes in parsed.tags for key in attributes)


def test_no_folder_of_the_machine_is_shown(hostile_folder, hostile_page):
    for word in ("/clinic/", "secret", "ann smith", "doe_jane", "C:\\", str(hostile_folder)):
        assert word not in hostile_page
    assert "lusscore cv …/study" in PageReader(hostile_page).words()
