from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path

import pytest

from exam_maker import make_exam, make_exam_bundle, make_small_exam
from lusscore.errors import ExamError
from lusscore.scoring import ScoredExam, exam_csv, exam_json, read_exam_json, zones_csv
from lusscore.scoring.documents import CLIP_COLUMNS, ZONE_COLUMNS

BUNDLE = make_exam_bundle("lus-12")


@pytest.fixture(scope="module")
def exam() -> ScoredExam:
    return make_exam("lus-12")


def test_json_is_strict_and_says_what_the_exam_says(exam: ScoredExam) -> None:
    document = json.loads(json.dumps(exam_json(exam, BUNDLE), allow_nan=False))
    whole = document["global_score"]
    assert whole["sum"] == exam.total == sum(zone["score"] for zone in document["zones"])
    assert (whole["lowest"], whole["highest"]) == (exam.lowest, exam.highest)
    assert whole["maximum"] == 36
    assert document["research_use_only"] is True
    assert document["created"] is None
    assert document["model"]["digest"] == BUNDLE.digest
    assert document["review"] is True
    for told, clip in zip(document["clips"], exam.clips, strict=True):
        assert told["clip"] == clip.number
        if clip.prediction is None:
            assert told["error"] == clip.error
            continue
        assert told["score"] == clip.prediction.score
        assert math.isclose(sum(told["probabilities"]), 1, abs_tol=1e-5)
        assert [frame["frame"] for frame in told["frames"]] == clip.prediction.frames.tolist()
        assert [frame["score"] for frame in told["frames"]] == clip.prediction.frame_scores.tolist()


def test_what_is_written_is_read_as_records_and_a_later_schema_is_refused(
    exam: ScoredExam, tmp_path: Path
) -> None:
    path = tmp_path / "exam.json"
    document = exam_json(exam, BUNDLE, names=True)
    path.write_text(json.dumps(document), encoding="utf-8")
    found = read_exam_json(path)
    assert found.model_dump(mode="json", exclude_unset=True) == document
    assert found.clips[0].file == "scan-1.mp4"
    path.write_text(json.dumps(document | {"schema": 2, "more": 1}), encoding="utf-8")
    with pytest.raises(ExamError, match=r"a later lusscore \(schema 2\).*; update lusscore"):
        read_exam_json(path)
    path.write_text(json.dumps(document | {"global_score": {}}), encoding="utf-8")
    with pytest.raises(ExamError, match=r"global_score\.sum: is missing"):
        read_exam_json(path)
    with pytest.raises(ExamError, match="cannot be read"):
        read_exam_json(tmp_path / "none.json")


def test_numbers_that_are_not_known_are_null(exam: ScoredExam) -> None:
    last = exam_json(exam, BUNDLE)["clips"][-1]
    assert last["evidence"]["outside_sector"] is None
    assert [frame["seconds"] for frame in last["frames"]] == [None]


def test_names_of_files_are_told_only_when_asked_for(exam: ScoredExam) -> None:
    silent = json.dumps(exam_json(exam, BUNDLE)) + exam_csv(exam, BUNDLE) + zones_csv(exam, BUNDLE)
    assert "scan-" not in silent
    assert "Jane Roe" not in silent
    told = exam_json(exam, BUNDLE, names=True)
    assert told["clips"][0]["file"] == "scan-1.mp4"
    assert "Jane Roe" not in json.dumps(told)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_table_of_clips_has_a_row_for_each_failed_ones_too(exam: ScoredExam) -> None:
    table = rows(exam_csv(exam, BUNDLE))
    assert tuple(table[0]) == CLIP_COLUMNS
    assert [int(row["clip"]) for row in table] == [clip.number for clip in exam.clips]
    failed = table[6]
    assert failed["score"] == ""
    assert failed["error"] == exam.clips[6].error
    assert failed["sha256"] == exam.clips[6].digest
    for row, clip in zip(table, exam.clips, strict=True):
        if clip.prediction is not None:
            assert int(row["score"]) == clip.prediction.score
            assert row["review"] == " ".join(clip.prediction.review)
            assert int(row["frames"]) == len(clip.prediction.frames)


def test_the_table_of_zones_sums_to_the_global_score(exam: ScoredExam) -> None:
    table = rows(zones_csv(exam, BUNDLE))
    assert tuple(table[0]) == ZONE_COLUMNS
    assert sum(int(row["score"]) for row in table) == exam.total
    assert table[1]["clips"] == "2 3"


def test_an_exam_without_a_scored_zone_has_no_sum() -> None:
    empty = make_small_exam([])
    whole = exam_json(empty, BUNDLE, created="2026-01-02T03:04:05+00:00")
    assert whole["global_score"]["sum"] is None
    assert whole["created"] == "2026-01-02T03:04:05+00:00"


@pytest.mark.parametrize(
    ("synthetic", "seen"), [(True, "synthetic images, no patients"), (False, "patients")]
)
def test_every_row_of_a_table_names_its_model(exam: ScoredExam, synthetic: bool, seen: str) -> None:
    bundle = make_exam_bundle("lus-12", synthetic=synthetic)
    for text in (exam_csv(exam, bundle), zones_csv(exam, bundle)):
        assert {row["scorer"] for row in rows(text)} == {f"{bundle.name} {bundle.digest[:12]}"}
        assert {row["trained_on"] for row in rows(text)} == {seen}
