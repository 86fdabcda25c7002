"""Scores of uploaded clips saved as labels of a cohort."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from dicom_maker import write_ultrasound
from lusscore.clips import digest_clip
from lusscore.cohort import read_cohort
from lusscore.models import Bundle
from web.page_server import Answer, Page, small


@pytest.fixture
def ward(serve_page: Callable[..., Page]) -> Page:
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


def test_another_patients_recording_is_refused(ward: Page, exam: str, tmp_path: Path) -> None:
    label(ward, exam)
    answer = label(ward, exam, patient="p2")
    assert answer.status == 422
    assert "another patient" in answer.error


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
