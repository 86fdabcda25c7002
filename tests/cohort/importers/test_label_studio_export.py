"""JSON-MIN, CSV and TSV as the converter of label-studio-sdk writes them, and real exports.

Label Studio 1.23.2 wrote those. In its project ``clips`` one choice scores a clip (a second
annotation of c.mp4 was cancelled); in ``segments`` ranges of a timeline score frames 1–3 and 4–6,
and c.mp4 has no annotation.
"""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from clip_maker import moving_bar, write_video
from label_studio_maker import read, write
from lusscore.cohort import Imported, ImportOptions, Segment, consensus_labels, get_importer
from lusscore.errors import CohortError, InvalidCohortError

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


def labels(imported: Imported) -> list[tuple[object, ...]]:
    return [(s.patient, s.score, s.frame_start, s.frame_end, s.rater) for s in imported.segments]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        write_video(tmp_path / name, moving_bar(8))
    return tmp_path


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
    assert labels(imported) == [
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
    assert labels(imported) == [
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
    with pytest.raises(CohortError, match="several controls could .* one of depth, lungs"):
        read(path)
    assert [segment.score for segment in read(path, score="depth").segments] == [3, 3]


def test_values_of_unknown_shape_are_no_results_and_bad_ones_are_problems(folder: Path) -> None:
    row = {
        "id": 1,
        "annotation_id": 2,
        "patient": "p",
        "video": "a.mp4",
        "annotator": 1,
        "score": "2",
    }
    row |= {"a": [{"x": 1, "rectanglelabels": ["B"]}], "b": [[1]]}
    assert read(write(folder, [row])).ignored == ("task 1: a region of a",)
    with pytest.raises(InvalidCohortError, match="task 1, c: choices holds") as caught:
        read(write(folder, [row | {"c": [{"choices": [None]}]}]))
    assert len(caught.value.problems) == 1


EXPORTS = Path(__file__).parent / "label_studio_exports"


def segments_of(export: str, folder: Path) -> dict[str, list[Segment]]:
    options = ImportOptions(protocol="blue-6", media=folder, columns={"fps": "25"})
    imported = get_importer("label-studio")(EXPORTS / export, options)
    found: dict[str, list[Segment]] = {}
    for segment in consensus_labels(imported.segments, None).segments:
        found.setdefault(Path(segment.clip).name, []).append(segment)
    return found


@pytest.mark.parametrize("export", ["clips.json", "clips-min.json", "clips.csv"])
def test_scores_of_clips(export: str, folder: Path) -> None:
    told = {
        name: (segment.patient, segment.zone, segment.score)
        for name, segments in segments_of(export, folder).items()
        for segment in segments
    }
    assert told == {"a.mp4": ("p1", "R1", 2), "b.mp4": ("p1", "L1", 0), "c.mp4": ("p2", "R1", 3)}


@pytest.mark.parametrize("export", ["segments.json", "segments-min.json", "segments.csv"])
def test_scores_of_segments(export: str, folder: Path) -> None:
    found = segments_of(export, folder)
    for name, zone in (("a.mp4", "R1"), ("b.mp4", "L1")):
        labelled = [segment for segment in found[name] if segment.score is not None]
        told = [
            (segment.frame_start, segment.frame_end, segment.score, segment.zone)
            for segment in labelled
        ]
        assert told == [(0, 3, 1, zone), (3, 6, 3, zone)]
    assert all(segment.score is None for segment in found.get("c.mp4", []))


@pytest.mark.parametrize("name", ["json", "csv", "tsv"])
def test_a_truncated_or_empty_export_gets_a_sentence(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"export.{name}"
    path.write_text('[{"id": 1, "data": {"vid' if name == "json" else "")
    with pytest.raises(CohortError, match="is not complete JSON|is empty"):
        read(path)
    path.write_text("[]" if name == "json" else "id,video\n")
    with pytest.raises(CohortError, match="holds no list of tasks|has no rows"):
        read(path)


def test_json_that_nests_without_end_or_holds_half_a_character_gets_a_sentence(
    tmp_path: Path,
) -> None:
    path = tmp_path / "export.json"
    path.write_text("[" * 100_000)
    with pytest.raises(CohortError, match="is not complete JSON"):
        read(path)
    path.write_text('[{"id": 1, "data": {"video": "\\ud800.mp4"}}]')
    with pytest.raises(InvalidCohortError, match="task 1: it cannot hold a value"):
        read(path)


def test_no_export_or_two_get_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match="holds 0 such files; expected a Label Studio export"):
        read(tmp_path)
    for name in ("a.json", "b.csv"):
        (tmp_path / name).write_text("")
    with pytest.raises(CohortError, match="holds 2 such files: a.json, b.csv; expected"):
        read(tmp_path)
    with pytest.raises(CohortError, match="there is no export here"):
        read(tmp_path / "none")
    for path in tmp_path.iterdir():
        path.unlink()
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(CohortError, match="folder.json: it cannot be read"):
        read(tmp_path)
