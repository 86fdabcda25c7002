from pathlib import Path

import pytest

from clip_maker import moving_bar, write_video
from lusscore.cohort import read_cohort, write_cohort
from lusscore.cohort.importers import Imported, ImportOptions, get_importer
from lusscore.errors import CohortError, InvalidCohortError


def read(source: Path) -> Imported:
    return get_importer("covid-blues")(source, ImportOptions())


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A copy in small: two patients, a repeat, a clip without a score, a foreign file."""
    folder = tmp_path / "blues"
    (folder / "lus_videos").mkdir(parents=True)
    for name in ("patient_2_R1", "patient_2_R1_2", "patient_15_L3", "patient_15_L1", "overview"):
        write_video(folder / "lus_videos" / f"{name}.mp4", moving_bar(2))
    (folder / "severity.csv").write_text(
        "video_file,Severity Score,A-lines,B-lines,comments\n"
        'patient_2_R1,0.0,no,yes,"intact, 2 B-lines"\npatient_2_R1_2,1.0,no,yes,\n'
        "patient_15_L3,3.0,no,yes,\n"
    )
    (folder / "clinical_variables.csv").write_text("patient_id,cov_test,x\n2,0,1\n15,1,1\n")
    return folder


def test_labels_zones_repeats_and_groups_are_read(source: Path, tmp_path: Path) -> None:
    imported = read(source)
    told = [(s.patient, s.zone, s.score, s.group, Path(s.clip).stem) for s in imported.segments]
    assert told == [
        ("2", "R1", 0, "non-covid", "patient_2_R1"),
        ("2", "R1", 1, "non-covid", "patient_2_R1_2"),
        ("15", "L1", None, "covid", "patient_15_L1"),
        ("15", "L3", 3, "covid", "patient_15_L3"),
    ]
    assert imported.ignored == ("lus_videos/overview.mp4",)
    write_cohort(tmp_path / "covid-blues", imported.card, imported.segments)
    assert read_cohort(tmp_path / "covid-blues").segments == imported.segments


def test_the_card_tells_protocol_rubric_licence_and_citation(source: Path) -> None:
    card = read(source).card
    assert (card.protocol, card.rubric) == ("blue-6", "soldati-2020")
    assert card.licence == "CC BY-NC-ND 4.0"
    assert "10.1109/JBHI.2025.3543686" in card.citation
    assert card.label_level == "clip"


def test_all_bad_rows_are_named_at_once(source: Path) -> None:
    with (source / "severity.csv").open("a") as file:
        file.write("patient_15_L1,4.0,,,\npatient_99_R1,1.0,,,\n")
    with (source / "clinical_variables.csv").open("a") as file:
        file.write("3,maybe,1\n")
    with pytest.raises(InvalidCohortError) as caught:
        read(source)
    assert len(caught.value.problems) == 3
    for told in ("line 5, column Severity Score: '4.0' is not", "'maybe'", "patient_99_R1"):
        assert told in str(caught.value)


@pytest.mark.parametrize("name", ["severity.csv", "clinical_variables.csv"])
def test_a_missing_table_gets_a_sentence(source: Path, name: str) -> None:
    (source / name).unlink()
    with pytest.raises(
        CohortError, match=f"{name}: there is no table here; expected a copy of COVID-BLUES"
    ):
        read(source)


def test_a_table_without_its_columns_gets_a_sentence(source: Path) -> None:
    (source / "severity.csv").write_text("a,b\n")
    with pytest.raises(CohortError, match="lacks the columns video_file, Severity Score"):
        read(source)


@pytest.mark.parametrize("name", ["severity.csv", "clinical_variables.csv"])
def test_a_byte_that_is_no_utf8_does_not_matter_in_a_remark(source: Path, name: str) -> None:
    segments = read(source).segments
    path = source / name
    path.write_bytes(
        path.read_bytes().replace(b"intact", b"d\xe9j\xe0 \x81").replace(b",x", b",\xe9")
    )
    assert read(source).segments == segments


def test_a_table_that_is_none_gets_a_sentence(source: Path) -> None:
    path = source / "severity.csv"
    path.write_text("video_file,Severity Score\n" + "x" * 200_000 + ",1\n")
    with pytest.raises(CohortError, match=r"severity\.csv: line 2: it is no table from here on"):
        read(source)
    path.write_bytes(b"video_file,Severity Score\npatient_2_R1,\0\n")
    with pytest.raises(CohortError, match=r"severity\.csv: .*it is not text"):
        read(source)
    path.unlink()
    path.mkdir()
    with pytest.raises(CohortError, match=r"severity\.csv: no table can be read here"):
        read(source)


def test_a_row_that_does_not_fit_its_header_is_named(source: Path) -> None:
    with (source / "severity.csv").open("a") as file:
        file.write("patient_15_L1\n")
    with pytest.raises(InvalidCohortError, match=r"severity\.csv line 5: has 1 fields"):
        read(source)


def test_a_copy_without_clips_gets_a_sentence(source: Path) -> None:
    for clip in (source / "lus_videos").iterdir():
        clip.unlink()
    with pytest.raises(CohortError, match="lus_videos: there are no clips here"):
        read(source)


@pytest.mark.shared
def test_the_real_data_set_is_read_whole(shared: Path) -> None:
    imported = read(shared / "covid-blues")
    assert len(imported.segments) == 281
    assert len({segment.patient for segment in imported.segments}) == 48
    scores = [segment.score for segment in imported.segments]
    assert [scores.count(score) for score in range(4)] == [94, 85, 65, 37]
    groups = {segment.patient: segment.group for segment in imported.segments}
    assert sorted(groups.values()) == ["covid"] * 25 + ["non-covid"] * 23
    assert imported.ignored == ()
