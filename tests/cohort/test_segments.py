"""Rows of manifest.csv and ratings.csv."""

import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lusscore.cohort import (
    RATINGS_NAME,
    Cohort,
    Rating,
    Segment,
    get_protocol,
    read_cohort,
    read_frame_range,
    read_manifest,
    read_ratings,
    write_cohort,
)
from lusscore.cohort.segments import find_overlaps, manifest_text, ratings_text
from lusscore.errors import CohortError, InvalidCohortError

BLUE = get_protocol("blue-6")
HEADER = "clip,patient,exam,zone,score,frame_start,frame_end,group\n"


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "manifest.csv"
    path.write_text(text, encoding="utf-8")
    return path


def problems(tmp_path: Path, rows: str) -> list[str]:
    path = write(tmp_path, HEADER + rows)
    with pytest.raises(InvalidCohortError) as caught:
        read_manifest(path, BLUE, check_files=False)
    return [str(problem) for problem in caught.value.problems]


NAMES = st.text(
    st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp", "Zs")), min_size=1, max_size=8
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.builds(
            Segment,
            clip=NAMES.filter(lambda name: ".." not in name and not set(name) & set("\\:")),
            patient=st.just("p"),
            exam=NAMES,
            zone=st.sampled_from([*BLUE.zone_names, ""]),
            score=st.sampled_from([None, 0, 1, 2, 3]),
            frame_start=st.integers(0, 9),
            frame_end=st.one_of(st.none(), st.integers(10, 20)),
            group=st.just("covid, mild"),
            device=NAMES,
        ),
        min_size=1,
        unique_by=lambda segment: segment.clip,
    )
)
def test_a_manifest_reads_back(tmp_path: Path, segments: list[Segment]) -> None:
    (tmp_path / "manifest.csv").write_text(manifest_text(segments), encoding="utf-8")
    found = read_manifest(tmp_path / "manifest.csv", BLUE, check_files=False)
    assert found == tuple(segments)


def test_a_missing_manifest_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match=r"manifest\.csv: there is no manifest"):
        read_manifest(tmp_path / "manifest.csv", BLUE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "is empty; begin it with a header"),
        (HEADER, "has a header but no rows"),
        ("file,person\na,b\n", "lacks the columns clip, patient, exam, zone, score"),
        ("clip,patient,exam,zone\n", "lacks the column score"),
    ],
)
def test_an_empty_manifest_or_a_wrong_header_gets_a_sentence(
    tmp_path: Path, text: str, expected: str
) -> None:
    with pytest.raises(CohortError, match=expected):
        read_manifest(write(tmp_path, text), BLUE)


def test_columns_of_ones_own_are_passed_over_and_misspelt_ones_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "clip,patient,exam,zone,score,note\na.mp4,1,1,R1,2,blurred\n")
    assert read_manifest(path, BLUE, check_files=False) == (Segment("a.mp4", "1", "1", "R1", 2),)
    path = write(tmp_path, "clip,patient,exam,zone,score,frame_stat\na.mp4,1,1,R1,2,5\n")
    with pytest.raises(CohortError, match="has the unknown column 'frame_stat'"):
        read_manifest(path, BLUE, check_files=False)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("a.mp4,1,1,R1,7,,,", "line 2, column score: '7' is not allowed; expected 0, 1, 2, 3"),
        ("a.mp4,1,1,R1,1.5,,,", "line 2, column score: '1.5' is not allowed"),
        (
            "a.mp4,1,1,R9,1,,,",
            "line 2, column zone: 'R9' is not a zone of blue-6; expected one of R1",
        ),
        ("a.mp4,,1,R1,1,,,", "line 2, column patient: is empty"),
        (",1,1,R1,1,,,", "line 2, column clip: is empty"),
        ("a.mp4,1,1,R1,1,x,,", "line 2, column frame_start: 'x' is not allowed"),
        ("a.mp4,1,1,R1,1,9,9,", "line 2, column frame_end: 9 is not above frame_start 9"),
        (
            "a.mp4,1,1,R1,1,,,covid\nb.mp4,1,1,R2,1,,,healthy",
            "line 3, column group: patient '1' is in group 'healthy' here and in 'covid' on line 2",
        ),
        ("a.mp4,1,1,R1", "line 2: has 4 fields where the header has 8"),
        ("a.mp4,1,1,R1,1,,,,extra", "line 2: has 9 fields where the header has 8"),
    ],
)
def test_a_bad_row_is_named_with_line_column_value_and_what_is_allowed(
    tmp_path: Path, row: str, expected: str
) -> None:
    (told,) = problems(tmp_path, row + "\n")
    assert told.startswith(expected)


def test_all_bad_rows_are_named_at_once_in_order(tmp_path: Path) -> None:
    rows = "a,1,1,R1,7,,,\nb,1,1,R1,0,,,\nc,1,1,Z,5,,,\nd,1,1,R2,0,,,healthy\n"
    told = problems(tmp_path, rows)
    assert [line.split(":")[0] for line in told] == [
        "line 2, column score",
        "line 4, column zone",
        "line 4, column score",
        "line 5, column group",
    ]


def test_a_clip_of_two_patients_is_refused(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, "a,1,1,R1,0,0,5,\na,2,1,R1,0,5,9,\n")
    assert told.endswith("a clip has one of each (clip 'a')")


def test_problems_do_not_name_the_folders_of_a_clip(tmp_path: Path) -> None:
    """They may hold a patient's name; only the clip's own field and the terminal tell them."""
    clip = (tmp_path / "Quistgaard" / "a.mp4").as_posix()
    rows = f"{clip},1,1,R1,0,0,5,\n{clip},2,1,R1,0,5,9,\n../Quistgaard/b.mp4,1,1,R1,0,,,\n"
    path = write(tmp_path, HEADER + rows)
    with pytest.raises(InvalidCohortError) as caught:
        read_manifest(path, BLUE)
    found = caught.value.problems
    assert len(found) == 5
    assert not [problem.what for problem in found if "Quistgaard" in problem.what]
    assert not [problem.what for problem in found if str(tmp_path) in problem.what]
    assert all("Quistgaard" in problem.clip and problem.clip in str(problem) for problem in found)


@pytest.mark.parametrize("second", ["4,9", ",", ",3"])
def test_a_frame_labelled_twice_is_refused(tmp_path: Path, second: str) -> None:
    (told,) = problems(tmp_path, f"a,1,1,R1,0,0,5,\na,1,1,R1,1,{second},\n")
    assert "the frames overlap those of line 2" in told


def test_a_clip_and_a_patient_are_the_same_however_letters_are_composed(tmp_path: Path) -> None:
    apart = unicodedata.normalize("NFD", "Zoë")
    (tmp_path / f"{apart}.mp4").touch()
    rows = f"Zoë.mp4,Zoë,1,R1,0,,,\n{apart}.mp4,{apart},1,R2,0,,,\n"
    segments = read_manifest(write(tmp_path, HEADER + rows), BLUE)
    assert {segment.patient for segment in segments} == {"Zoë"}


def test_clips_that_are_not_there_are_named(tmp_path: Path) -> None:
    (tmp_path / "here.mp4").touch()
    path = write(tmp_path, HEADER + "here.mp4,1,1,R1,0,,,\ngone.mp4,1,1,R2,0,,,\n")
    with pytest.raises(
        InvalidCohortError, match=r"line 3, column clip: the clip is not there.*gone\.mp4"
    ):
        read_manifest(path, BLUE)


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.integers(0, 9), st.integers(1, 4) | st.none()),
        max_size=6,
    )
)
def test_overlaps_are_found_exactly_where_a_frame_is_in_two_rows(
    rows: list[tuple[str, int, int | None]],
) -> None:
    segments = [
        Segment(clip, "p", "1", "", 1, start, None if length is None else start + length)
        for clip, start, length in rows
    ]
    frames = [
        (segment.clip, frame)
        for segment in segments
        for frame in range(
            segment.frame_start, 20 if segment.frame_end is None else segment.frame_end
        )
    ]
    found = find_overlaps(enumerate(segments, start=2), lambda segment: segment.clip, "clip")
    assert bool(found) == (len(frames) != len(set(frames)))


def read_range(**cells: str) -> tuple[tuple[int, int | None], list[tuple[str, str]]]:
    told: list[tuple[str, str]] = []
    return read_frame_range(cells, lambda column, what: told.append((column, what))), told


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ({}, (0, None)),
        ({"frame_start": "", "frame_end": ""}, (0, None)),
        ({"frame_start": "3"}, (3, None)),
        ({"frame_start": "3", "frame_end": "9"}, (3, 9)),
        ({"frame_end": "1"}, (0, 1)),
    ],
)
def test_either_end_may_be_missing(cells: dict[str, str], found: tuple[int, int | None]) -> None:
    assert read_range(**cells) == (found, [])


@pytest.mark.parametrize("cell", ["-1", "x", "1.5", "²", "٣", "9" * 5000])
def test_what_is_no_frame_number_is_noted(cell: str) -> None:
    (_, told) = read_range(frame_end=cell)
    assert [column for column, _ in told] == ["frame_end"]
    assert "expected a frame number" in told[0][1]


CELLS = (
    st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1)
    .map(str.strip)
    .filter(bool)
)


@given(st.dictionaries(st.tuples(CELLS, CELLS, st.integers(0, 9)), st.integers(0, 3), max_size=8))
def test_ratings_read_back(
    tmp_path_factory: pytest.TempPathFactory, scores: dict[tuple[str, str, int], int]
) -> None:
    path = tmp_path_factory.getbasetemp() / RATINGS_NAME
    ratings = tuple(Rating(c, r, s, 5 * n, 5 * n + 5) for (c, r, n), s in scores.items())
    path.write_text(ratings_text(ratings), encoding="utf-8")
    assert read_ratings(path) == ratings


def test_ratings_lie_beside_the_manifest_and_go_with_it(make_cohort: Callable[..., Cohort]) -> None:
    cohort = make_cohort(1)
    ratings = (Rating(cohort.clips()[0], "anna", 2), Rating(cohort.clips()[0], "bert", 1, 3))
    write_cohort(cohort.folder, cohort.card, cohort.segments, ratings)
    assert read_ratings(cohort.folder / RATINGS_NAME) == ratings
    assert read_cohort(cohort.folder).segments == cohort.segments
    write_cohort(cohort.folder, cohort.card, cohort.segments)
    assert read_ratings(cohort.folder / RATINGS_NAME) == ()


def write_rows(
    path: Path, *rows: str, header: str = "clip,rater,score,frame_start,frame_end"
) -> Path:
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return path


def test_all_bad_ratings_are_named_at_once(tmp_path: Path) -> None:
    path = write_rows(
        tmp_path / RATINGS_NAME,
        "a.mp4,anna,4,,",
        ",,2,,",
        f"a.mp4,anna,2,x,{'9' * 5000}",
        "a.mp4,anna,2,7,7",
        "a.mp4,anna,2",
        "a.mp4,bert,2,,",
        "a.mp4,bert,2,3,5",
    )
    with pytest.raises(InvalidCohortError) as caught:
        read_ratings(path)
    assert [problem.where for problem in caught.value.problems] == [
        "line 2, column score",
        "line 3, column clip",
        "line 3, column rater",
        "line 4, column frame_start",
        "line 4, column frame_end",
        "line 5, column frame_end",
        "line 6",
        "line 8, column frame_start",
    ]
    assert "a rater gives a frame one score" in str(caught.value)
