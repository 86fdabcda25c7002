from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result

from lusscore.cohort import Cohort, read_cohort
from lusscore.errors import CohortError, InvalidCohortError, WriteError
from lusscore.labelling import Suggestion, record_table, write_suggestions


@pytest.fixture
def cohort(make_cohort: Callable[..., Cohort]) -> Cohort:
    """Two patients of whom nothing is labelled, the first clip in two labelled segments."""
    made = make_cohort(2, score=lambda patient, zone: None)
    text = (made.folder / "manifest.csv").read_text()
    first = "clips/p0_R1.mp4,p0,1,R1,,"
    parts = f"{first}0,2,healthy,,\n{first}2,,healthy,,\n"
    (made.folder / "manifest.csv").write_text(text.replace(f"{first},,healthy,,\n", parts))
    return read_cohort(made.folder)


@pytest.fixture
def table(cohort: Cohort, tmp_path: Path) -> Path:
    """What is written of all its rows."""
    path = tmp_path / "next.csv"
    write_suggestions(
        path,
        [
            Suggestion(rank, segment, (0.4, 0.35, 0.15, 0.1), 0.9, 3, True)
            for rank, segment in enumerate(cohort.segments, start=1)
        ],
    )
    return path


def fill(table: Path, scores: list[str]) -> None:
    lines = table.read_text(encoding="utf-8").splitlines()
    cells = [line.split(",") for line in lines[1:]]
    for row, score in zip(cells, scores, strict=True):
        row[6] = score
    table.write_text("\n".join([lines[0], *map(",".join, cells)]), encoding="utf-8")


def test_the_table_is_to_be_filled_in_by_somebody_who_has_not_seen_an_answer(table: Path) -> None:
    lines = table.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "clip,patient,exam,zone,frame_start,frame_end,score,rank,reason"
    told = "first of its patient and stands for 3 clips"
    assert lines[1] == f"clips/p0_R1.mp4,p0,1,R1,0,2,,1,{told}"
    assert lines[3] == f"clips/p0_L1.mp4,p0,1,L1,,,,3,{told}"


def test_what_is_filled_in_is_saved_and_the_rest_stays(cohort: Cohort, table: Path) -> None:
    fill(table, ["1", "", "3.0", "", "0"])
    told = record_table(cohort.folder, table, "anna")
    assert [one.outcome for one in told] == ["label"] * 3
    assert [segment.score for segment in read_cohort(cohort.folder).segments] == [
        1,
        None,
        3,
        None,
        0,
    ]
    raters = [segment.rater for segment in read_cohort(cohort.folder).segments]
    assert raters == ["anna", "", "anna", "", "anna"]


def test_a_spreadsheets_semicolons_do_no_harm(cohort: Cohort, table: Path) -> None:
    fill(table, ["", "", "", "2", ""])
    text = "sep=;\n" + table.read_text(encoding="utf-8").replace(",", ";").replace(";2;", ";2,0;")
    table.write_bytes(text.encode("utf-16"))
    record_table(cohort.folder, table, "anna")
    assert read_cohort(cohort.folder).segments[3].score == 2


def test_all_that_is_wrong_is_told_and_nothing_saved(cohort: Cohort, table: Path) -> None:
    fill(table, ["1", "5", "", "1", "x"])
    table.write_text(table.read_text(encoding="utf-8").replace("p1_R1", "p7_R1"), encoding="utf-8")
    with pytest.raises(InvalidCohortError) as caught:
        record_table(cohort.folder, table, "anna")
    told = str(caught.value)
    for part in ("line 3, column score: '5'", "line 5, column clip", "line 6, column score: 'x'"):
        assert part in told
    assert all(segment.score is None for segment in read_cohort(cohort.folder).segments)


def test_a_table_of_something_else_is_refused(cohort: Cohort, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("clip,rating\na,1\n")
    with pytest.raises(CohortError, match="lacks the column score"):
        record_table(cohort.folder, tmp_path / "other.csv", "anna")
    with pytest.raises(CohortError, match="The rater is empty"):
        record_table(cohort.folder, tmp_path / "other.csv", "")


def test_a_file_that_cannot_be_written_is_a_sentence(cohort: Cohort, tmp_path: Path) -> None:
    one = Suggestion(1, replace(cohort.segments[0]), None, None, 1, True)
    with pytest.raises(WriteError, match="it cannot be written"):
        write_suggestions(tmp_path, [one])


def test_the_table_can_be_imported_as_a_cohort_of_its_own(
    cohort: Cohort, table: Path, lusscore: Callable[..., Result]
) -> None:
    fill(table, ["1", "", "3", "", "0"])
    arguments = ("--media", cohort.folder, "--name", "again", "--protocol", "blue-6")
    result = lusscore("import", "csv", table, *arguments)
    assert result.exit_code == 0, result.output
    again = read_cohort(Path("data/again")).segments
    assert [segment.score for segment in again] == [1, None, 3, None, 0]
    assert [segment.frame_start for segment in again] == [0, 2, 0, 0, 0]
