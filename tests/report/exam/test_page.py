import base64
import hashlib
import re
from dataclasses import replace

import numpy as np
import pytest

from exam_maker import failed, make_exam, make_exam_bundle, make_prediction, make_small_exam, scored
from lusscore.cohort.protocols import protocol_names
from lusscore.report.exam import exam_page

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&{{ 7 * 7 }}"


@pytest.mark.parametrize("protocol", protocol_names())
def test_the_page_is_well_formed_and_its_links_lead_somewhere(protocol, read_page):
    parsed = read_page(exam_page(make_exam(protocol), make_exam_bundle(protocol)))
    identifiers = parsed.having("id")
    assert len(identifiers) == len(set(identifiers))
    links = parsed.having("href")
    assert links
    assert all(link.startswith("#") and link[1:] in identifiers for link in links)


def test_nothing_is_fetched_and_no_script_but_the_pages_own_may_run(page, read_page):
    (policy,) = (
        attributes["content"]
        for tag, attributes in read_page(page).tags
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    (script,) = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy == (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    sources = read_page(page).having("src")
    assert sources
    assert all(re.match(r"data:image/(png|jpeg);base64,", source) for source in sources)
    assert not re.search(r"https?://|url\((?!#)|@import", page)
    assert not [name for _, a in read_page(page).tags for name in a if name.startswith("on")]


def test_the_global_score_stands_with_its_maximum_its_bounds_and_its_zones(page, read_page):
    words = read_page(page).words()
    assert "Global score 7 of 36" in words
    assert "the global score would lie between 7 and 28" in words
    assert "Zones scored 5 of 12" in words
    assert "Mean per zone 1.40 of 3" in words
    assert "Zones to review 3 of 5" in words
    (bar,) = read_page(page).of_class("range")
    assert bar["aria-label"] == "Global score 7 of 36; with all zones between 7 and 28"
    assert bar["style"] == "--low:19.44%;--high:77.78%"


def test_the_head_tells_exam_date_protocol_rubric_and_model(page, read_page):
    words = read_page(page).words()
    for part in (
        "Ward 7",
        "2026-03-14 09:05 UTC",
        "lus-12, 12 zones",
        "soldati-2020",
        "drawn-clips",
        "0123456789ab",
        "fedcba98fedc",
    ):
        assert part in words
    assert words.count("Research use only – not a medical device") == 2
    assert page.index("Research use only") < page.index("<h1>")


def test_every_zone_of_the_protocol_is_on_the_chest_map(page, read_page):
    fields = read_page(page).of_class("field")
    assert len(fields) == 12
    assert sum("none" in field["class"].split() for field in fields) == 7
    marked = {field["aria-label"] for field in fields if "marked" in field["class"].split()}
    assert marked == {
        "right anterior inferior: score 1, to be reviewed",
        "right lateral superior: score 2, to be reviewed",
        "right posterior superior: score 3, to be reviewed",
    }
    assert [field["href"] for field in fields if "href" in field][1] == "#clip-2"


def test_every_clip_tells_its_zone_its_doubt_and_its_evidence(page, read_page):
    words = read_page(page).words()
    assert "Clip 1 · R-ant-sup right anterior superior · zone from file name" in words
    assert "Clip 3 · R-ant-inf right anterior inferior · zone from table" in words
    assert "Clip 6 · zone not known" in words
    assert "zone assigned by a person" in words
    assert (
        "Low confidence: the score has a probability of 0.41, below the review threshold of 0.50."
        in words
    )
    assert "2.60 limit: 1" in words
    assert "Evidence outside the sector 54 %" in words
    assert "Evidence outside the sector not known" in words
    assert "Approximate : the head's hidden layer is linearised." in words
    assert words.count("Exact :") == 5
    assert "No map: nothing in the clip speaks for score 1 at any place." in words
    assert "Could not be scored. The file ends in the middle of its header." in words


def test_every_picture_has_a_text_in_its_place(page, read_page):
    parsed = read_page(page)
    views = parsed.of_class("view")
    assert len(views) == 13
    assert all(view["role"] == "img" and len(view["aria-label"]) > 20 for view in views)
    drawings = [a for tag, a in parsed.tags if tag == "svg" and "aria-hidden" not in a]
    assert len(drawings) == 7
    assert all(drawing["aria-label"].startswith("Scores of ") for drawing in drawings)
    assert all("alt" in a for tag, a in parsed.tags if tag == "img")
    assert len(parsed.of_class("overlay")) == 6


def test_how_sure_the_model_is_told_with_the_bundles_limits(read_page):
    bundle = make_exam_bundle(least_confidence=0.62, coverage=0.9)
    words = read_page(exam_page(make_exam(), bundle)).words()
    assert "a probability below 0.62 is marked; 90 % of the held-out clips" in words
    assert "asked for: 0.62" in words
    assert "The limit 1 is what 1 % of the clips of held-out patients exceed" in words


def test_the_model_card_is_there(page, read_page):
    words = read_page(page).words()
    for part in ("Intended use", "Not for decisions about patients.", "quadratic kappa", "0.043"):
        assert part in words
    assert "fedcba98" * 8 in words


def test_a_phantom_model_says_so_above_everything_and_others_do_not(page, read_page):
    phantom = exam_page(make_exam(), make_exam_bundle(synthetic=True))
    words = read_page(phantom).words()
    assert "Phantom model Made from computed images; says nothing about patients." in words
    assert phantom.index("Phantom model") < phantom.index("<h1>")
    assert "Phantom model" not in page


def test_an_exam_without_any_zone_has_no_global_score(read_page):
    rng = np.random.default_rng(0)
    clips = [scored(1, "", make_prediction(rng, 2)), failed(2, "R-ant-sup", "It is empty.")]
    parsed = read_page(exam_page(make_small_exam(clips), make_exam_bundle()))
    words = parsed.words()
    assert "Global score – No zone has a score, so there is no global score." in words
    assert parsed.of_class("range") == []
    assert "Mean per zone n/a" in words


def test_an_exam_without_clips_says_so(read_page):
    words = read_page(exam_page(make_small_exam([]), make_exam_bundle(card={}))).words()
    assert "The exam has no clips." in words


def test_names_of_files_are_shown_only_where_asked_for_and_folders_never(page):
    assert "scan-" not in page
    named = exam_page(make_exam(), make_exam_bundle(), show_names=True)
    assert "scan-1.mp4" in named
    assert "scan-7.mp4" in named
    for text in (page, named):
        assert "Jane" not in text
        assert "Roe" not in text


def test_an_exam_goes_by_no_name_unless_it_was_given_one(read_page):
    page = exam_page(make_exam(name=""), make_exam_bundle())
    assert "<h1>Lung ultrasound exam</h1>" in page
    assert "<title>Lung ultrasound exam · lusscore</title>" in page


def test_text_from_everywhere_is_escaped(read_page):
    rng = np.random.default_rng(0)
    reading = make_prediction(rng, 1, note=HOSTILE, review=(HOSTILE,))
    clip = scored(1, "R-ant-sup", reading, source=HOSTILE)
    stray = scored(2, "R-ant-inf", reading, path=HOSTILE.replace("/", ""))
    stray = replace(stray, clip=replace(stray.clip, zone=HOSTILE))
    exam = make_small_exam([clip, failed(3, "", HOSTILE)], name=HOSTILE)
    exam = replace(exam, clips=(*exam.clips, stray), notes=(HOSTILE,))
    bundle = make_exam_bundle(
        id=HOSTILE,
        name=HOSTILE,
        created=HOSTILE,
        lusscore=HOSTILE,
        rubric=HOSTILE,
        label_level=HOSTILE,
        digest=HOSTILE,
        card={HOSTILE: {HOSTILE: HOSTILE, "rows": [{HOSTILE: HOSTILE}], "list": [HOSTILE]}},
    )
    html = exam_page(exam, bundle, created=HOSTILE, show_names=True)
    parsed = read_page(html)
    assert sum(tag == "script" for tag, _ in parsed.tags) == 1
    assert all(source.startswith("data:") for source in parsed.having("src"))
    assert not any(name.startswith("on") for _, attributes in parsed.tags for name in attributes)
    assert "{{ 7 * 7 }}" in parsed.words()
    assert "49" not in parsed.words().split()
    assert parsed.words().count("<script>alert(1)</script>") > 15


def test_the_same_exam_gives_the_same_page(page):
    again = exam_page(make_exam(), make_exam_bundle(), created="2026-03-14T09:05:00+00:00")
    assert again == page


@pytest.mark.parametrize(
    ("created", "shown"),
    [
        ("2026-03-14T09:05:59Z", "2026-03-14 09:05 UTC"),
        ("2026-03-14T09:05:59+02:00", "2026-03-14 09:05 +0200"),
        ("2026-03-14T09:05:59", "2026-03-14 09:05"),
        ("2026-03-14", "2026-03-14"),
        ("a day in spring", "a day in spring"),
    ],
)
def test_a_date_is_written_for_people(created, shown, read_page):
    page = exam_page(make_small_exam([]), make_exam_bundle(), created=created)
    assert f"Date {shown} Protocol" in read_page(page).words()


def test_without_a_date_none_is_shown(read_page):
    page = exam_page(make_small_exam([]), make_exam_bundle())
    assert "Date" not in read_page(page).words()


def test_twelve_clips_of_many_frames_stay_small(read_page):
    rng = np.random.default_rng(0)
    zones = make_exam_bundle().zones().zone_names
    clips = [
        scored(n, zone, make_prediction(rng, n % 4, frames=90)) for n, zone in enumerate(zones, 1)
    ]
    page = exam_page(make_small_exam(clips), make_exam_bundle())
    sources = read_page(page).having("src")
    pictures = sum(len(source) for source in sources if source.startswith("data:image/jpeg"))
    assert len(page) - pictures < 900_000
