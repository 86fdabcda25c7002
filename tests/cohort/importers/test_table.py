import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from clip_maker import moving_bar, write_video
from lusscore.cohort import Segment, consensus_labels, read_cohort, write_cohort
from lusscore.cohort.importers import Imported, ImportOptions, get_importer
from lusscore.errors import CohortError, InvalidCohortError


@pytest.fixture
def ward(tmp_path: Path) -> Path:
    """A folder with three clips and room for a table."""
    folder = tmp_path / "ward"
    (folder / "clips").mkdir(parents=True)
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        write_video(folder / "clips" / name, moving_bar(5), fps=25)
    return folder


def read(folder: Path, *rows: str, **options: object) -> Imported:
    (folder / "labels.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return get_importer("csv")(folder / "labels.csv", ImportOptions(**options))  # type: ignore[arg-type]


def test_a_table_becomes_a_cohort(ward: Path, tmp_path: Path) -> None:
    imported = read(
        ward,
        "Patient ID;Visit;File;Location;Score;Group;Machine",
        "anna;2;clips/a.mp4;left anterior superior;Score 2;covid;Lumify",
        "bert;1;b;R-post-inf;0.0;healthy;",
        "bert;1;c;;;healthy;",
    )
    told = [
        (s.patient, s.exam, Path(s.clip).name, s.zone, s.score, s.group) for s in imported.segments
    ]
    assert told == [
        ("anna", "2", "a.mp4", "L-ant-sup", 2, "covid"),
        ("bert", "1", "b.mp4", "R-post-inf", 0, "healthy"),
        ("bert", "1", "c.mp4", "", None, "healthy"),
    ]
    card = imported.card
    assert (card.name, card.protocol, card.label_level) == ("labels", "lus-12", "clip")
    write_cohort(tmp_path / "labels", card, consensus_labels(imported.segments).segments)
    assert read_cohort(tmp_path / "labels").segments == imported.segments


def test_clips_may_lie_elsewhere_and_those_without_a_row_are_told(ward: Path) -> None:
    imported = read(ward, "clip,patient,score", "a,p,1", media=ward / "clips")
    assert imported.ignored == ("b.mp4", "c.mp4")
    assert read(ward, "clip,patient,score", "clips/a.mp4,p,1").ignored == ()


def test_several_raters_keep_their_rows(ward: Path) -> None:
    imported = read(ward, "clip,patient,lus,reader", "a,p,1,x", "a,p,2,y", "a,p,2,z")
    settled = consensus_labels(imported.segments)
    assert [(s.score, s.rater) for s in settled.segments] == [(2, "majority of 3")]
    assert len(settled.ratings) == 3


def test_dates_become_numbers_of_visits_and_are_not_kept(ward: Path, tmp_path: Path) -> None:
    imported = read(
        ward,
        "clip,patient,score,date",
        "a,p,1,2026-03-02",
        "b,p,2,2025-12-24",
        "c,q,0,2026-03-02",
    )
    assert [segment.exam for segment in imported.segments] == ["2", "1", "1"]
    write_cohort(tmp_path / "x", imported.card, imported.segments)
    written = "".join(path.read_text() for path in (tmp_path / "x").iterdir())
    assert "2026" not in written
    assert "12-24" not in written


def test_frames_and_seconds(ward: Path) -> None:
    frames = read(ward, "clip,patient,score,start,end", "a,p,1,0,2", "a,p,2,2,", "b,p,0,,")
    assert [(s.frame_start, s.frame_end) for s in frames.segments] == [(0, 2), (2, None), (0, None)]
    seconds = read(ward, "clip,patient,score,start_time,end_time", "a,p,1,0,0.08", 'a,p,2,"0,08",')
    assert [(s.frame_start, s.frame_end) for s in seconds.segments] == [(0, 2), (2, None)]
    assert seconds.card.label_level == "frame"


def test_all_bad_rows_are_named_at_once(ward: Path) -> None:
    with pytest.raises(InvalidCohortError) as caught:
        read(
            ward,
            "clip,patient,zone,score,start_time,end_time",
            "gone,p,R1,1,,",
            ",p,R1,1,,",
            "a,,R9,B2,,",
            "a,p,R1,1,x,",
            "a,p,R1,1,-1,",
            "a,p,R1,1,7,9",
            "a,p,R1",
            protocol="blue-6",
        )
    assert [problem.where for problem in caught.value.problems] == [
        "line 2, column clip",
        "line 3, column clip",
        "line 4, column patient",
        "line 4, column zone",
        "line 4, column score",
        "line 5, column start_time",
        "line 6, column start_time",
        "line 7, column end_time",
        "line 8",
    ]
    text = str(caught.value)
    assert "'R9' is not a zone of blue-6; expected one of R1, R2, R3, L1, L2, L3 or nothing" in text
    assert "another folder with --media" in text
    assert "no frame of the clip is shown from 7 s to 9 s; it lasts 0.16 s" in text


def test_a_patient_in_two_groups_is_named(ward: Path) -> None:
    with pytest.raises(InvalidCohortError, match="line 3, column group: patient 'p' is in group"):
        read(ward, "clip,patient,score,group", "a,p,1,covid", "b,p,1,healthy")


def test_rows_that_contradict_each_other_are_named_with_both_lines(ward: Path) -> None:
    with pytest.raises(InvalidCohortError) as caught:
        read(
            ward,
            "File,Subject,Location,lus,reader",
            "a,p,R-ant-sup,1,x",
            "b,p,,2,x",
            "a,q,R-ant-sup,1,y",
            "a,p,,3,x",
            "b,p,L-ant-sup,2,x",
            "b,p,L-ant-inf,2,y",
            "c,p,,9,x",
        )
    told = {problem.where: problem.what for problem in caught.value.problems}
    assert list(told) == [
        "line 4, column Subject",
        "line 5, column lus",
        "line 7, column Location",
        "line 8, column lus",
    ]
    assert "the patient 'q' here and 'p' on line 2" in told["line 4, column Subject"]
    assert (
        "rater 'x' gives frames of the clip the score 3 here and 1 on line 2"
        in told["line 5, column lus"]
    )
    assert "'L-ant-inf' here and 'L-ant-sup' on line 6" in told["line 7, column Location"]
    assert {Path(problem.clip).name for problem in caught.value.problems[:3]} == {"a.mp4", "b.mp4"}


def test_scores_that_differ_on_frames_that_overlap_are_named(ward: Path) -> None:
    with pytest.raises(InvalidCohortError) as caught:
        read(
            ward, "clip,patient,score,start,end", "a,p,1,3,5", "a,p,2,0,2", "a,p,1,2,3", "a,p,2,1,4"
        )
    assert [str(problem).partition(" (clip")[0] for problem in caught.value.problems] == [
        "line 5, column score: one rater gives frames of the clip the score 2 here and 1 on "
        "line 4; a rater gives a frame one score (--column rater=NAME chooses the "
        "column of raters)",
        "line 5, column score: one rater gives frames of the clip the score 2 here and 1 on "
        "line 2; a rater gives a frame one score (--column rater=NAME chooses the "
        "column of raters)",
    ]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 6), st.none() | st.integers(1, 4), st.sampled_from((None, 0, 1, 2))
        ),
        min_size=1,
        max_size=7,
    )
)
def test_whatever_consensus_refuses_was_named_before(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, int | None, int | None]]
) -> None:
    folder = tmp_path_factory.getbasetemp() / "consensus"
    if not folder.exists():
        folder.mkdir()
        write_video(folder / "a.mp4", moving_bar(10))
    ends = [None if length is None else start + length for start, length, _ in rows]
    segments = [
        Segment("a.mp4", "p", "1", "", score, start, end)
        for (start, _, score), end in zip(rows, ends, strict=True)
    ]
    table = [
        ",".join("" if cell is None else str(cell) for cell in ("a", "p", score, start, end))
        for (start, _, score), end in zip(rows, ends, strict=True)
    ]
    try:
        consensus_labels(segments)
    except InvalidCohortError:
        with pytest.raises(InvalidCohortError):
            read(folder, "clip,patient,score,start,end", *table)
    else:
        read(folder, "clip,patient,score,start,end", *table)


def test_frames_beyond_the_end_of_the_clip_are_named(ward: Path) -> None:
    header = "clip,patient,score,start,end"
    with pytest.raises(InvalidCohortError) as caught:
        read(ward, header, "a,p,1,0,5", "b,p,1,2,6", "c,p,1,5,", "c,p,1,0,5")
    assert [str(problem) for problem in caught.value.problems] == [
        "line 3, column end: 6 is beyond the clip's 5 frames; they are numbered from 0, and "
        "frame_end is at most 5",
        "line 4, column start: 5 is beyond the clip's 5 frames; they are numbered from 0, and "
        "frame_end is at most 5",
    ]
    (ward / "clips" / "broken.mp4").write_bytes(b"no video")
    assert read(ward, header, "broken,p,1,0,50").segments


def test_bad_frames_are_named(ward: Path) -> None:
    with pytest.raises(InvalidCohortError) as caught:
        read(
            ward,
            "clip,patient,score,frame_start,frame_end",
            "a,p,1,x,",
            "a,p,1,3,3",
            f"a,p,1,{'9' * 5000},",
        )
    assert [problem.where for problem in caught.value.problems] == [
        "line 2, column frame_start",
        "line 3, column frame_end",
        "line 4, column frame_start",
    ]


def test_seconds_of_what_has_no_clock_are_named(ward: Path) -> None:
    Image.new("L", (8, 8)).save(ward / "still.png")
    with pytest.raises(
        InvalidCohortError, match="cannot be turned into frames: The clip has no clock"
    ):
        read(ward, "clip,patient,score,end_time", "still.png,p,1,1")


def test_a_folder_or_a_bare_header_gets_a_sentence(ward: Path) -> None:
    with pytest.raises(CohortError, match="is a folder; expected the table itself"):
        get_importer("csv")(ward, ImportOptions())
    with pytest.raises(CohortError, match="has a header but no rows"):
        read(ward, "clip,patient,score")


@pytest.mark.shared
def test_covid_blues_read_as_a_table_has_the_same_labels(shared: Path) -> None:
    source = shared / "covid-blues"
    columns = {"patient": r"video_file~patient_(\d+)_", "zone": "video_file~_([LR][123])"}
    options = ImportOptions(columns=columns, media=source / "lus_videos")
    table = get_importer("csv")(source / "severity.csv", options)
    own = get_importer("covid-blues")(source, ImportOptions())
    assert {(s.clip, s.patient, s.exam, s.zone, s.score) for s in table.segments} == {
        (s.clip, s.patient, s.exam, s.zone, s.score) for s in own.segments
    }
    assert (table.card.protocol, table.ignored) == (own.card.protocol, ())


VALID = "clip,patient,zone,score,date,start_time,rater\na.mp4,p,R1,2,2026-01-02,0.04,x\n"


@given(st.binary(max_size=80), st.integers(0, len(VALID)), st.integers(0, 20))
def test_any_damage_to_a_table_is_read_or_gets_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, splice: bytes, place: int, cut: int
) -> None:
    folder = tmp_path_factory.getbasetemp() / "damaged"
    if not folder.exists():
        folder.mkdir()
        write_video(folder / "a.mp4", moving_bar(3))
    valid = VALID.encode()
    (folder / "t.csv").write_bytes(valid[:place] + splice + valid[place + cut :])
    try:
        imported = get_importer("csv")(folder / "t.csv", ImportOptions())
    except CohortError:
        return
    assert all(Path(segment.clip).exists() for segment in imported.segments)


def test_cells_that_are_no_possible_path_are_named(ward: Path) -> None:
    with pytest.raises(InvalidCohortError) as caught:
        read(
            ward,
            "clip,patient,score",
            f"{'x' * 5000},p,1",
            "a\tb:*?|<>,p,1",
            "C:\\gone\\a.mp4x,p,1",
        )
    assert len(caught.value.problems) == 3


def test_clips_that_are_missing_are_left_out_where_that_is_allowed(ward: Path) -> None:
    rows = ("clip,patient,score", "a,p,1", "gone.mp4,q,2")
    imported = read(ward, *rows, allow_missing=True)
    assert [one.patient for one in imported.segments] == ["p"]
    assert imported.missing == ("gone.mp4",)
    with pytest.raises(InvalidCohortError, match=r"'gone\.mp4' is not in"):
        read(ward, *rows)


@pytest.mark.parametrize(
    "header",
    ["Datei;Patient;Schweregrad", "Fichier;Patiente;Sévérité", "Archivo;Paciente;Severidad"],
)
def test_usual_headings_of_other_languages_are_known(ward: Path, header: str) -> None:
    (segment,) = read(ward, header, "a.mp4;anna;2,0").segments
    assert (segment.patient, segment.score) == ("anna", 2)


def test_letters_composed_otherwise_name_the_same_clip_and_patient(
    ward: Path, tmp_path: Path
) -> None:
    apart = unicodedata.normalize("NFD", "Müller")
    write_video(ward / "clips" / f"{apart}.mp4", moving_bar(5))
    imported = read(ward, "clip,patient,zone,score", "Müller.mp4,Jürgen,R1,2", f"a,{apart},R2,1")
    assert [(Path(one.clip).stem, one.patient) for one in imported.segments] == [
        (apart, "Jürgen"),
        ("a", "Müller"),
    ]
    write_cohort(tmp_path / "labels", imported.card, imported.segments)
    assert [one.patient for one in read_cohort(tmp_path / "labels").segments][1] == "Müller"
