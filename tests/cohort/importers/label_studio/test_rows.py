"""JSON-MIN, CSV and TSV as written by the converter of label-studio-sdk 1.0 and 2.0."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from clip_maker import moving_bar, write_video
from lusscore.cohort.importers import Imported, ImportOptions, get_importer
from lusscore.cohort.importers.label_studio.rows import read_rows
from lusscore.errors import CohortError, InvalidCohortError, Problem

TIMELINE = [{"ranges": [{"start": 2, "end": 4}], "timelinelabels": ["3"]}]
STAMPS = {
    "created_at": "2025-03-09T22:16:08.728353Z",
    "updated_at": "2025-03-09T22:16:08.728378Z",
    "lead_time": 4.288,
}
MIN = [
    {"video": "/data/upload/3/0a1b2c3d-a.mp4", "patient": "p1", "id": 1, "zone": "R1",
     "score": "2", "annotator": 7, "annotation_id": 11, **STAMPS},
    {"video": "/data/upload/3/0a1b2c3d-a.mp4", "patient": "p1", "id": 1, "zone": "R1",
     "score": [{"number": 1}], "annotator": 8, "annotation_id": 12, **STAMPS},
    {"video": "/data/upload/3/0a1b2c3d-b.mp4", "patient": "p2", "id": 2,
     "score": TIMELINE, "annotator": 7, "annotation_id": 13, **STAMPS},
    {"video": "/data/upload/3/0a1b2c3d-c.mp4", "patient": "p3", "id": 3,
     "annotator": None, "annotation_id": None},
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        write_video(tmp_path / name, moving_bar(6))
    return tmp_path


def read(source: Path, **columns: str) -> Imported:
    return get_importer("label-studio")(source, ImportOptions(columns=columns))


def told(imported: Imported) -> list[tuple[object, ...]]:
    return [(s.patient, s.score, s.frame_start, s.frame_end, s.rater) for s in imported.segments]


def write_table(path: Path, rows: list[dict[str, Any]], delimiter: str) -> Path:
    """As the converter does: sorted columns, lists as JSON, e-mail addresses for annotators."""
    with path.open("w", encoding="utf8", newline="") as file:
        writer = csv.DictWriter(
            file,
            fieldnames=sorted({key for row in rows for key in row}),
            quoting=csv.QUOTE_NONNUMERIC,
            delimiter=delimiter,
        )
        writer.writeheader()
        for row in rows:
            cells = {key: json.dumps(v) if isinstance(v, list) else v for key, v in row.items()}
            if isinstance(row["annotator"], int):
                cells["annotator"] = f"person{row['annotator']}@hospital.example"
            writer.writerow(cells)
    return path


def test_json_min_has_a_row_for_each_annotation(folder: Path) -> None:
    path = folder / "export.json"
    path.write_text(json.dumps(MIN))
    imported = read(path)
    assert told(imported) == [
        ("p1", 2, 0, None, "annotator 7"),
        ("p1", 1, 0, None, "annotator 8"),
        ("p2", 3, 1, 4, "annotator 7"),
        ("p3", None, 0, None, ""),
    ]
    assert [segment.zone for segment in imported.segments] == ["R1", "R1", "", ""]


@pytest.mark.parametrize(("suffix", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_tables_tell_the_same_and_number_annotators_instead_of_naming_them(
    folder: Path, suffix: str, delimiter: str
) -> None:
    imported = read(write_table(folder / f"export.{suffix}", MIN, delimiter))
    assert told(imported) == [
        ("p1", 2, 0, None, "annotator 1"),
        ("p1", 1, 0, None, "annotator 2"),
        ("p2", 3, 1, 4, "annotator 1"),
        ("p3", None, 0, None, ""),
    ]
    assert "@" not in repr(imported)


def test_fields_of_a_row_that_nobody_annotated_are_no_labels(folder: Path) -> None:
    rows = [row | {"depth": "2"} for row in MIN[2:]]
    imported = read(write_table(folder / "export.csv", rows, ","), score="depth")
    assert [segment.score for segment in imported.segments] == [2, None]


def test_a_result_that_is_cut_short_gets_a_sentence(folder: Path) -> None:
    path = write_table(folder / "export.csv", MIN, ",")
    path.write_text(path.read_text().replace('""3""]}]', '""3""'))
    with pytest.raises(InvalidCohortError, match="task 2, score: is cut short; expected complete"):
        read(path)


def test_scores_of_another_name_are_found_by_their_values_and_two_such_are_asked_about(
    folder: Path,
) -> None:
    rows = [{("lungs" if key == "score" else key): v for key, v in row.items()} for row in MIN[:2]]
    path = write_table(folder / "export.csv", rows, ",")
    assert [segment.score for segment in read(path).segments] == [2, 1]
    path = write_table(folder / "export.csv", [row | {"depth": "3"} for row in rows], ",")
    with pytest.raises(CohortError, match="several controls could .*, one of depth, lungs"):
        read(path)
    assert [segment.score for segment in read(path, score="depth").segments] == [3, 3]


def test_values_of_unknown_shape_are_no_results_and_bad_ones_are_problems() -> None:
    problems: list[Problem] = []
    ignored: list[str] = []
    row = {"id": 1, "annotation_id": 2, "a": [{"x": 1, "rectanglelabels": ["B"]}], "b": [[1]]}
    (task,) = read_rows([row | {"c": [{"choices": [None]}]}], problems, ignored)
    assert task.opinions[0].told == ()
    assert ignored == ["task 1: a region of a"]
    assert [problem.where for problem in problems] == ["task 1, c"]
