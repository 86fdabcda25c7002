from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lusscore.cohort import Segment, get_protocol, read_manifest, write_manifest
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
    write_manifest(tmp_path / "manifest.csv", segments)
    found = read_manifest(tmp_path / "manifest.csv", BLUE, check_files=False)
    assert found == tuple(segments)


def test_segments_of_one_clip_may_have_different_scores(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + "a.mp4,1,1,R1,0,0,10,\na.mp4,1,1,R1,2,10,,\n")
    first, second = read_manifest(path, BLUE, check_files=False)
    assert (first.frame_start, first.frame_end, first.score) == (0, 10, 0)
    assert (second.frame_start, second.frame_end, second.score) == (10, None, 2)


def test_excel_style_text_is_read(tmp_path: Path) -> None:
    path = tmp_path / "manifest.csv"
    path.write_bytes(
        b"\xef\xbb\xbf clip , patient,exam,zone,score\r\na.mp4,1,1,R1,2\r\n\r\n,,,,\r\n"
    )
    (segment,) = read_manifest(path, BLUE, check_files=False)
    assert segment == Segment("a.mp4", "1", "1", "R1", 2)


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


def test_text_of_a_windows_spreadsheet_is_read(tmp_path: Path) -> None:
    text = HEADER.replace(",", ";") + "M\xfcller.mp4;1;1;R1;0;;;\n"
    (tmp_path / "manifest.csv").write_bytes(text.encode("cp1252"))
    (segment,) = read_manifest(tmp_path / "manifest.csv", BLUE, check_files=False)
    assert segment.clip == "M\xfcller.mp4"


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


def test_a_patient_in_two_groups_is_refused(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, "a,1,1,R1,0,,,covid\nb,1,1,R2,0,,,healthy\n")
    assert told == (
        "line 3, column group: patient '1' is in group 'healthy' here and in 'covid' on line 2; "
        "a patient has one group"
    )


def test_a_clip_of_two_patients_is_refused(tmp_path: Path) -> None:
    (told,) = problems(tmp_path, "a,1,1,R1,0,0,5,\na,2,1,R1,0,5,9,\n")
    assert told.endswith("a clip has one of each (clip 'a')")


def test_what_is_wrong_is_told_without_the_folders_of_a_clip(tmp_path: Path) -> None:
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


def test_clips_that_are_not_there_are_named(tmp_path: Path) -> None:
    (tmp_path / "here.mp4").touch()
    path = write(tmp_path, HEADER + "here.mp4,1,1,R1,0,,,\ngone.mp4,1,1,R2,0,,,\n")
    with pytest.raises(
        InvalidCohortError, match=r"line 3, column clip: the clip is not there.*gone\.mp4"
    ):
        read_manifest(path, BLUE)
