"""Scores of uploaded clips saved as labels of a cohort."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from clip_maker import moving_bar, write_video
from dicom_maker import write_ultrasound
from lusscore.backbones import register_backbone, registry
from lusscore.backbones.onnx_file import read_onnx_spec
from lusscore.cli import main
from lusscore.clips import digest_clip
from lusscore.cohort import (
    Card,
    ExtractionSettings,
    FramesPolicy,
    Segment,
    read_cohort,
    write_cohort,
)
from lusscore.models import Bundle
from lusscore.web.labelling import clip_id
from web.page_server import Answer, Page, ServePage, serving, small

LONG = 50


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, tiny_backbone: Path) -> Iterator[Path]:
    """A cohort half labelled, one clip of it at an absolute path, with embeddings."""
    root = tmp_path_factory.mktemp("study")
    data, features = root / "data", root / "features"
    away = root / "Jane Roe"
    (data / "tiny" / "clips").mkdir(parents=True)
    away.mkdir()
    segments = []
    for number in range(8):
        clip = f"clips/p{number // 2}_{number % 2}.mp4"
        path = data / "tiny" / clip
        if number == 7:
            path = away / "p3_1.mp4"
            clip = str(path)
        write_video(path, moving_bar(LONG if number == 7 else 4, seed=number))
        score = number % 4 if number < 4 else None
        segments.append(Segment(clip, f"p{number // 2}", "1", "R1" if number % 2 else "L1", score))
    settings = ExtractionSettings(frames=FramesPolicy("all"), variants=0)
    card = Card("tiny", "blue-6", "soldati-2020", label_level="clip", extraction=settings)
    write_cohort(data / "tiny", card, segments)
    arguments = ["features", "tiny", "-b", str(tiny_backbone), "--data-dir", str(data)]
    done = CliRunner().invoke(main, [*arguments, "--features-dir", str(features)])
    assert done.exit_code == 0, done.output
    # the page looks for embeddings of backbones that are known by name
    register_backbone(read_onnx_spec(tiny_backbone))(lambda spec: pytest.fail(spec.name))
    try:
        yield root
    finally:
        del registry._BACKBONES["tiny"]


@pytest.fixture(scope="module")
def queue(bundle: Bundle, folder: Path) -> Iterator[Page]:
    with serving(bundle, folder, small()) as page:
        yield page


def jpegs(packed: bytes) -> int:
    (count,) = struct.unpack_from("<I", packed)
    sizes = struct.unpack_from(f"<{count}I", packed, 4)
    assert 4 * (1 + count) + sum(sizes) == len(packed)
    return int(count)


def test_unlabelled_clips_are_suggested_and_a_label_takes_one_out_of_the_queue(
    queue: Page, folder: Path
) -> None:
    told = queue.ask("GET", "/api/cohorts/tiny/suggestions?count=3").json
    assert (told["labelled"], told["unlabelled"], told["left_out"]) == (4, 4, 0)
    assert told["head_note"] == ""
    assert [one["rank"] for one in told["suggestions"]] == [1, 2, 3]
    first = told["suggestions"][0]
    assert sum(first["probabilities"]) == pytest.approx(1)
    assert 0 <= first["uncertainty"] <= 1
    assert first["patient"] in ("p2", "p3")
    content = {"clip": first["clip"], "score": 2, "rater": "anna", "zone": "R3"}
    saved = queue.ask(
        "POST", "/api/cohorts/tiny/labels", content | {"segment": first["segment"]}
    ).json
    assert saved["outcome"] == "label"
    assert saved["sentence"]
    segments = read_cohort(folder / "data" / "tiny", check_files=False).segments
    (segment,) = [segment for segment in segments if clip_id(segment.clip) == first["clip"]]
    assert (segment.score, segment.rater, segment.zone) == (2, "anna", "R3")
    told = queue.ask("GET", "/api/cohorts/tiny/suggestions").json
    assert first["clip"] not in [one["clip"] for one in told["suggestions"]]
    assert told["unlabelled"] == 3


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"score": 4}, 422),
        ({"score": -1}, 422),
        ({"score": True}, 400),
        ({"score": "1"}, 400),
        ({"rater": ""}, 422),
        ({"rater": "majority of 2"}, 422),
        ({"rater": "a\nb"}, 422),
        ({"zone": "R9"}, 422),
        ({"segment": [1, 2]}, 422),
        ({"segment": [0]}, 400),
        ({"segment": ["0", None]}, 400),
        ({"segment": [False, None]}, 400),
        ({"clip": "clips/p0_0.mp4"}, 404),
        ({"more": 1}, 400),
    ],
)
def test_a_label_that_cannot_be_is_refused_in_a_sentence(
    queue: Page, folder: Path, change: dict[str, object], status: int
) -> None:
    manifest = folder / "data" / "tiny" / "manifest.csv"
    before = manifest.read_bytes()
    content = {"clip": clip_id("clips/p3_0.mp4"), "score": 1, "rater": "anna", "zone": ""}
    answer = queue.ask(
        "POST", "/api/cohorts/tiny/labels", {**content, "segment": [0, None], **change}
    )
    assert answer.status == status
    assert str(folder) not in answer.error
    assert manifest.read_bytes() == before


def test_a_clip_is_shown_in_few_pictures_wherever_it_lies(queue: Page, folder: Path) -> None:
    far = str(folder / "Jane Roe" / "p3_1.mp4")
    for query, count in (("", 40), ("&first=10&last=13", 3), ("&first=48", 2)):
        answer = queue.ask("GET", f"/api/cohorts/tiny/pictures?clip={clip_id(far)}{query}")
        assert answer.status == 200
        assert jpegs(answer.body) == count
    assert queue.ask("GET", f"/api/cohorts/tiny/pictures?clip={clip_id(far)}&first=50").error
    for query in ("&first=-1", "&first=a", "&last=0", "&first=9999999999999999"):
        answer = queue.ask("GET", f"/api/cohorts/tiny/pictures?clip={clip_id(far)}{query}")
        assert answer.status == 400


def test_places_of_this_machine_are_told_to_nobody(queue: Page, folder: Path) -> None:
    told = queue.ask("GET", "/api/cohorts/tiny/suggestions?count=200")
    assert "p3_1.mp4" in [one["name"] for one in told.json["suggestions"]]
    for body in (told.body, queue.ask("GET", "/api/cohorts").body):
        assert b"Jane" not in body
        assert str(folder).encode() not in body


def test_a_clip_that_is_not_in_the_cohort_is_not_shown(queue: Page, folder: Path) -> None:
    for clip in ("clips/p0_0.mp4", str(folder / "Jane Roe" / "p3_1.mp4"), "../../x", ""):
        answer = queue.ask("GET", f"/api/cohorts/tiny/pictures?clip={clip.replace(' ', '%20')}")
        assert answer.status == 404


def test_embeddings_that_are_missing_or_of_other_settings_are_told_with_what_to_do(
    bundle: Bundle, folder: Path, tmp_path: Path
) -> None:
    with serving(bundle, folder, small(), features_dir=tmp_path) as page:
        assert page.ask("GET", "/api/cohorts").json[0]["features"] is False
        answer = page.ask("GET", "/api/cohorts/tiny/suggestions")
        assert answer.status == 409
        assert "lusscore features tiny" in answer.error
        (tmp_path / "tiny").mkdir()
        (tmp_path / "tiny" / "tiny.h5").write_bytes(b"no file of features")
        answer = page.ask("GET", "/api/cohorts/tiny/suggestions")
        assert answer.status == 409
        assert str(tmp_path) not in answer.error


@pytest.mark.parametrize("count", ["0", "201", "x", "1.5", "%D9%A3", "", "1e2"])
def test_a_count_that_is_none_is_refused(queue: Page, count: str) -> None:
    assert queue.ask("GET", f"/api/cohorts/tiny/suggestions?count={count}").status == 400


def test_ids_of_clips_do_not_tell_their_paths() -> None:
    ids = {clip_id(f"clips/{number}.mp4") for number in np.arange(100)}
    assert len(ids) == 100
    assert all(each.isalnum() and len(each) == 24 for each in ids)


@pytest.fixture
def ward(serve_page: ServePage) -> Page:
    """A page of its own, without cohorts."""
    return serve_page(small())


@pytest.fixture
def exam(ward: Page, clip: bytes, other_clip: bytes) -> str:
    return open_with(ward, clip, other_clip)


@pytest.fixture(scope="module")
def shared_exam(page: Page, clip: bytes, other_clip: bytes) -> str:
    """An exam for labels that are refused."""
    return open_with(page, clip, other_clip)


def open_with(page: Page, clip: bytes, other_clip: bytes) -> str:
    exam = page.open_exam()
    page.upload(exam, "Jane Roe/R1.mp4", clip)
    page.upload(exam, "Jane Roe/L2.mp4", other_clip)
    return exam


def label(
    page: Page, opened: str, clip: int = 1, cohort: str = "ward-7", **changes: object
) -> Answer:
    content = {
        "cohort": cohort,
        "new": not (page.folder / "data" / cohort).exists(),
        "patient": "p1",
        "exam": "1",
        "zone": "R1",
        "score": 2,
        "rater": "anna",
    }
    return page.ask("POST", f"/api/exams/{opened}/clips/{clip}/label", content | changes)


def test_a_label_makes_the_cohort_that_the_next_model_learns_from(
    ward: Page, exam: str, bundle: Bundle, tmp_path: Path
) -> None:
    answer = label(ward, exam)
    assert answer.json["outcome"] == "label"
    assert "ward-7" in answer.json["sentence"]
    cohort = read_cohort(tmp_path / "data" / "ward-7")
    assert (cohort.card.protocol, cohort.card.rubric) == (bundle.protocol, bundle.rubric)
    assert cohort.card.extraction == bundle.extraction
    (segment,) = cohort.segments
    assert (segment.patient, segment.zone, segment.score, segment.rater) == ("p1", "R1", 2, "anna")
    copied = cohort.clip_path(segment.clip)
    assert copied.name == f"{digest_clip(copied)[:16]}.mp4"
    assert [each["name"] for each in ward.ask("GET", "/api/cohorts").json] == ["ward-7"]


def test_no_clip_gets_into_another_cohort_than_the_one_that_was_meant(
    ward: Page, exam: str, tmp_path: Path
) -> None:
    refused = label(ward, exam, new=False)
    assert refused.status == 404
    assert not (tmp_path / "data" / "ward-7").exists()
    assert label(ward, exam).status == 200
    for name in ("ward-7", "Ward-7"):
        again = label(ward, exam, 2, cohort=name, zone="L2", new=True)
        assert again.status == 409
        assert "There is a cohort ward-7 already (clips: 1, patients: 1)" in again.error
    assert len(read_cohort(tmp_path / "data" / "ward-7").segments) == 1
    assert label(ward, exam, 2, zone="L2", new=False).status == 200


def test_a_second_clip_joins_and_a_corrected_score_replaces_ones_own(
    ward: Page, exam: str, tmp_path: Path
) -> None:
    label(ward, exam)
    assert label(ward, exam, 2, zone="L2").json["outcome"] == "label"
    assert label(ward, exam, score=3).json["outcome"] == "correction"
    assert label(ward, exam, score=0, rater="bert").json["outcome"] == "opinion"
    assert label(ward, exam, score=3).json["outcome"] == "unchanged"
    segments = read_cohort(tmp_path / "data" / "ward-7").segments
    assert [(segment.zone, segment.score) for segment in segments] == [("R1", 3), ("L2", 2)]


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../x",
        "/tmp/x",
        "a/b",
        "a\\b",
        "ward 7",
        "ünit",
        "x" * 200,
        "-x",
        "a\x00",
        "C:",
    ],
)
def test_a_cohorts_name_never_leads_elsewhere(page: Page, shared_exam: str, name: str) -> None:
    answer = label(page, shared_exam, cohort=name)
    assert answer.status == 400
    assert not (page.folder / "data").exists()
    assert not (page.folder / "x").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"patient": ""},
        {"patient": "x" * 200},
        {"exam": ""},
        {"zone": "R-ant-sup"},
        {"score": 7},
        {"rater": ""},
        {"rater": "a\nb"},
    ],
)
def test_what_a_cohort_refuses_is_told_in_a_sentence_and_nothing_is_made(
    page: Page, shared_exam: str, change: dict[str, object]
) -> None:
    answer = label(page, shared_exam, **change)
    assert answer.status == 422
    assert str(page.folder) not in answer.error
    assert not (page.folder / "data").exists()


def test_a_folder_that_cannot_be_made_is_told_without_its_place(
    ward: Page, exam: str, tmp_path: Path
) -> None:
    (tmp_path / "data").write_text("a file")
    answer = label(ward, exam)
    assert answer.status == 422
    assert str(tmp_path) not in answer.error


def test_a_cohort_that_is_not_valid_takes_nothing_and_tells_nothing(
    ward: Page, exam: str, tmp_path: Path
) -> None:
    label(ward, exam)
    manifest = tmp_path / "data" / "ward-7" / "manifest.csv"
    manifest.write_text(manifest.read_text() + "clips/Jane.mp4,Jane Roe,1,R9,7,,,,,\n")
    answer = label(ward, exam, 2)
    assert "lusscore check ward-7" in answer.error
    assert "Jane" not in answer.error


def test_a_card_that_cannot_be_read_is_told_without_its_place(
    ward: Page, exam: str, tmp_path: Path
) -> None:
    label(ward, exam)
    (tmp_path / "data" / "ward-7" / "cohort.toml").write_text("name = [")
    answer = label(ward, exam, 2)
    assert answer.status == 422
    assert "card is not valid TOML" in answer.error
    assert str(tmp_path) not in answer.error


def test_it_is_told_that_a_dicom_file_keeps_its_header(
    ward: Page, exam: str, tmp_path: Path
) -> None:
    path = write_ultrasound(
        tmp_path / "a.dcm", np.zeros((2, 16, 16, 3), np.uint8), PatientName="Roe^Jane"
    )
    number = ward.upload(exam, "IM1", path.read_bytes()).json["number"]
    answer = label(ward, exam, number)
    assert "--deidentify" in answer.json["sentence"]
    assert b"Roe" not in answer.body
    assert "--deidentify" not in label(ward, exam, 1).json["sentence"]


def test_what_people_write_stays_text(ward: Page, exam: str, tmp_path: Path) -> None:
    script = "<script>alert(1)</script>"
    assert label(ward, exam, patient=script, rater='=cmd|"/c calc"!A1').json["outcome"] == "label"
    (segment,) = read_cohort(tmp_path / "data" / "ward-7").segments
    assert segment.patient == script
    told = ward.ask("GET", "/api/cohorts")
    assert told.headers["content-type"] == "application/json"
    assert told.headers["x-content-type-options"] == "nosniff"
