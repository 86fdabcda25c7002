from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from exam_maker import (
    CARD,
    failed,
    make_exam,
    make_exam_bundle,
    make_prediction,
    make_small_exam,
    scored,
)
from lusscore.cohort import protocol_names
from lusscore.report import exam_page, model_performance
from lusscore.report.exam_page import Block, bounds, card_blocks, written
from page_reader import PageReader

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{ 7 * 7 }}"


@pytest.fixture(scope="module")
def words(exam_html):
    return PageReader(exam_html).words()


def read(exam, **changes):
    return PageReader(exam_page(exam, make_exam_bundle(**changes)))


@pytest.mark.parametrize("protocol", protocol_names())
def test_every_protocol_has_a_well_formed_page(protocol):
    assert read(make_exam(protocol), protocol=protocol).having("href")


def test_nothing_is_fetched_and_no_script_but_the_pages_own_may_run(exam_html):
    parsed = PageReader(exam_html)
    (policy,) = (
        attributes["content"]
        for _, attributes in parsed.tags
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    (script,) = re.findall(r"<script>(.*?)</script>", exam_html, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy == (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    sources = parsed.having("src")
    assert sources
    assert all(re.match(r"data:image/(png|jpeg);base64,", source) for source in sources)
    assert not re.search(r"https?://|url\((?!#)|@import", exam_html)
    assert not [name for _, a in parsed.tags for name in a if name.startswith("on")]


def test_the_global_score_stands_with_its_maximum_its_bounds_and_its_zones(exam_html, words):
    assert "Global score 7 of 36" in words
    assert "the global score would lie between 7 and 28" in words
    assert "Zones scored 5 of 12" in words
    assert "Mean per zone 1.40 of 3" in words
    assert "Zones to review 3 of 5" in words
    (bar,) = PageReader(exam_html).of_class("range")
    assert bar["aria-label"] == "Global score 7 of 36; with all zones between 7 and 28"
    assert bar["style"] == "--low:19.44%;--high:77.78%"


def test_the_head_names_exam_date_protocol_scoring_system_and_model(exam_html, words):
    for part in (
        "Ward 7",
        "2026-03-14 09:05 UTC",
        "lus-12, 12 zones",
        "Scoring system soldati-2020",
        "drawn-clips",
        "0123456789ab",
        "fedcba98fedc",
    ):
        assert part in words
    assert words.count("Research use only – not a medical device") == 2
    assert exam_html.index("Research use only") < exam_html.index("<h1>")


def test_every_zone_of_the_protocol_is_on_the_chest_map(exam_html):
    fields = PageReader(exam_html).of_class("field")
    assert len(fields) == 12
    assert sum("none" in field["class"].split() for field in fields) == 7
    marked = {field["aria-label"] for field in fields if "marked" in field["class"].split()}
    assert marked == {
        "right anterior inferior: score 1, to be reviewed",
        "right lateral superior: score 2, to be reviewed",
        "right posterior superior: score 3, to be reviewed",
    }
    assert [field["href"] for field in fields if "href" in field][1] == "#clip-2"


def test_every_clip_has_its_zone_its_warnings_and_its_evidence(words):
    for part in (
        "Clip 1 · R-ant-sup right anterior superior · zone from file name",
        "Clip 3 · R-ant-inf right anterior inferior · zone from table",
        "Clip 6 · zone not known",
        "zone assigned by a person",
        "Low confidence: the score has a probability of 0.41, below the review threshold of 0.50.",
        "2.60 limit: 1",
        "Evidence outside the sector 54 %",
        "Evidence outside the sector not known",
        "Approximate attribution : the head's hidden layer is linearised.",
        "No map: the clip has no evidence for score 1 anywhere.",
        "Could not be scored. The file ends in the middle of its header.",
    ):
        assert part in words
    assert words.count("Exact attribution : the map sums to the model output.") == 5


def test_every_picture_has_a_text_in_its_place(exam_html):
    parsed = PageReader(exam_html)
    views = parsed.of_class("view")
    assert len(views) == 13
    assert all(view["role"] == "img" and len(view["aria-label"]) > 20 for view in views)
    drawings = [a for tag, a in parsed.tags if tag == "svg" and "aria-hidden" not in a]
    assert len(drawings) == 7
    assert all(drawing["aria-label"].startswith("Scores of ") for drawing in drawings)
    assert all("alt" in a for tag, a in parsed.tags if tag == "img")
    assert len(parsed.of_class("overlay")) == 6


def test_uncertainty_is_explained_with_the_bundles_limits():
    words = read(make_exam(), least_confidence=0.62, coverage=0.9).words()
    assert "review threshold of 0.62 is marked; 90 % of the held-out clips reach it" in words
    assert "review threshold: 0.62" in words
    assert "The limit 1 is what 1 % of the clips of held-out patients exceed" in words


def test_a_phantom_model_says_so_above_everything_and_others_do_not(exam_html):
    phantom = exam_page(make_exam(), make_exam_bundle(synthetic=True))
    assert "Trained on synthetic images; says nothing about patients." in phantom
    assert phantom.index("Phantom model") < phantom.index("<h1>")
    assert "Phantom model" not in exam_html


def test_an_exam_without_zones_or_clips_has_no_global_score():
    rng = np.random.default_rng(0)
    clips = [scored(1, "", make_prediction(rng, 2)), failed(2, "R-ant-sup", "It is empty.")]
    parsed = read(make_small_exam(clips))
    assert "Global score – No zone has a score, so there is no global score." in parsed.words()
    assert parsed.of_class("range") == []
    assert "Mean per zone n/a" in parsed.words()
    assert "The exam has no clips." in read(make_small_exam([]), card={}).words()


def test_names_of_files_are_shown_only_where_asked_for_and_folders_never(exam_html):
    assert "scan-" not in exam_html
    named = exam_page(make_exam(), make_exam_bundle(), show_names=True)
    assert "scan-1.mp4" in named
    assert "scan-7.mp4" in named
    for text in (exam_html, named):
        assert "Jane" not in text
        assert "Roe" not in text


def test_an_exam_has_no_name_unless_it_was_given_one():
    page = exam_page(make_exam(name=""), make_exam_bundle())
    assert "<h1>Lung ultrasound exam</h1>" in page
    assert "<title>Lung ultrasound exam · lusscore</title>" in page


def test_text_from_everywhere_is_escaped():
    rng = np.random.default_rng(0)
    prediction = make_prediction(rng, 1, note=HOSTILE, review=(HOSTILE,))
    clip = scored(1, "R-ant-sup", prediction, source=HOSTILE)
    stray = scored(2, "R-ant-inf", prediction, path=HOSTILE.replace("/", ""))
    stray = replace(stray, clip=replace(stray.clip, zone=HOSTILE))
    exam = make_small_exam([clip, failed(3, "", HOSTILE)], name=HOSTILE)
    exam = replace(exam, clips=(*exam.clips, stray), notes=(HOSTILE,))
    texts = ("id", "name", "created", "lusscore", "rubric", "label_level", "digest")
    bundle = make_exam_bundle(
        **dict.fromkeys(texts, HOSTILE),
        card={HOSTILE: {HOSTILE: HOSTILE, "rows": [{HOSTILE: HOSTILE}], "list": [HOSTILE]}},
    )
    parsed = PageReader(exam_page(exam, bundle, created=HOSTILE, show_names=True))
    assert sum(tag == "script" for tag, _ in parsed.tags) == 1
    assert all(source.startswith("data:") for source in parsed.having("src"))
    assert not any(name.startswith("on") for _, attributes in parsed.tags for name in attributes)
    assert "{{ 7 * 7 }}" in parsed.words()
    assert "49" not in parsed.words().split()
    assert parsed.words().count("<script>alert(1)</script>") > 15


def test_the_same_exam_gives_the_same_page(exam_html):
    again = exam_page(make_exam(), make_exam_bundle(), created="2026-03-14T09:05:00+00:00")
    assert again == exam_html


@pytest.mark.parametrize(
    ("created", "shown"),
    [
        ("2026-03-14T09:05:59Z", "Date 2026-03-14 09:05 UTC"),
        ("2026-03-14T09:05:59+02:00", "Date 2026-03-14 09:05 +0200"),
        ("2026-03-14T09:05:59", "Date 2026-03-14 09:05"),
        ("2026-03-14", "Date 2026-03-14"),
        ("a day in spring", "Date a day in spring"),
        (None, "by a trained model"),
    ],
)
def test_a_date_is_written_for_people(created, shown):
    page = exam_page(make_small_exam([]), make_exam_bundle(), created=created)
    assert f"{shown} Protocol" in PageReader(page).words()


def test_twelve_clips_of_many_frames_stay_small():
    rng = np.random.default_rng(0)
    zones = make_exam_bundle().zones().zone_names
    clips = [
        scored(n, zone, make_prediction(rng, n % 4, frames=90)) for n, zone in enumerate(zones, 1)
    ]
    page = exam_page(make_small_exam(clips), make_exam_bundle())
    sources = PageReader(page).having("src")
    pictures = sum(len(source) for source in sources if source.startswith("data:image/jpeg"))
    assert len(page) - pictures < 900_000


def test_missing_zones_bound_the_global_score():
    some = "zones of the protocol have no score: with all zones the global score would lie between"
    assert bounds(make_exam()).startswith(f"7 {some} 7 and 28.")
    assert bounds(make_exam("blue-6")).startswith("1 zone of the protocol has no score")
    names = make_exam_bundle("blue-6").zones().zone_names
    one = make_prediction(np.random.default_rng(0), 1)
    complete = make_small_exam([scored(n, name, one) for n, name in enumerate(names, 1)], "blue-6")
    assert bounds(complete) == "All 6 zones of the protocol were scored."
    assert "No score" not in read(complete, protocol="blue-6").words()


def test_columns_are_named_by_aspect_where_the_protocol_has_them(words):
    assert "posterior lateral anterior anterior lateral posterior" in words
    blue = read(make_exam("blue-6"), protocol="blue-6")
    assert blue.of_class("aspect") == []


def _measured(kappa: str, *rows: dict[str, str]) -> dict[str, Any]:
    kappas = {"measure": "quadratic kappa", "value": "0.222", "95 % interval": kappa}
    return {"Performance": {"Clips": [kappas, *rows], "Global score": "Off by 3.2 points."}}


def test_the_performance_of_a_model_is_stated_in_one_order_and_beside_the_baseline():
    accuracy = {"measure": "accuracy", "value": "0.359", "95 % interval": "[0.300, 0.420]"}
    assert model_performance(_measured("[0.100, 0.330]", accuracy)) == (
        "On held-out clips of the training cohort: accuracy 0.359 [0.300, 0.420], quadratic kappa "
        "0.222 [0.100, 0.330]. The model is better than the majority-class baseline, whose kappa "
        "is 0. Global score: off by 3.2 points."
    )
    assert "is not shown to be better" in model_performance(_measured("[-0.010, 0.394]"))
    assert "accuracy 0.71" in model_performance(CARD)


@pytest.mark.parametrize(
    "performance",
    [
        "good",
        {},
        {"Clips": "good"},
        {"Clips": [["accuracy", 1]]},
        {"Clips": [{"measure": "speed", "value": 1}], "Global score": "Off."},
    ],
)
def test_a_card_without_measures_states_no_performance(performance: Any):
    assert model_performance({"Performance": performance}) == model_performance({}) == ""


def test_the_model_card_is_laid_out_in_order(exam_html, words):
    blocks = list(card_blocks(CARD))
    headings = [block.text for block in blocks if block.kind == "heading" and block.level == 3]
    assert headings == list(CARD)
    for part in ("Children were not examined.", "drawn-clips", "convex", "quadratic kappa", "1.31"):
        assert part in words
    assert "fedcba98" * 8 in words
    assert list(
        card_blocks({"a": 1, "b": {"c": [{"x": 1, "y": 2.5}, {"x": 3}], "d": ["e"], "f": {}}})
    ) == [
        Block("entries", rows=(("a", "1"),)),
        Block("heading", 3, "b"),
        Block("heading", 4, "c"),
        Block("table", head=("x", "y"), rows=(("1", "2.5"), ("3", "n/a"))),
        Block("heading", 4, "d"),
        Block("list", rows=(("e",),)),
        Block("heading", 4, "f"),
        Block("list", rows=(("None.",),)),
    ]
    deep = {"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}}
    assert [b.level for b in card_blocks(deep) if b.kind == "heading"] == [3, 4, 5, 6, 6]


def test_values_are_written_for_people():
    assert [written(value) for value in (None, True, False, 0.123456, -2.0, [1, 2], {"a": 1})] == [
        "n/a", "yes", "no", "0.1235", "−2", "1, 2", "a: 1",
    ]  # fmt: skip
