import csv
from pathlib import Path

import pytest
from PIL import Image

from clip_maker import moving_bar, write_gif, write_video
from lusscore.clips import count_frames
from lusscore.cohort import consensus_labels, read_cohort, write_cohort
from lusscore.cohort.importers import Imported, ImportOptions, get_importer
from lusscore.errors import CohortError, InvalidCohortError

# the header as published in 2024; the column without a name is its own
_HEADER = (
    "Date added,Current location,Filename,URL (Video Name),Label,Lung Severity Score,License,"
    "LinkToLicense,ChangesMade,InThisRepo,Type,Probe,DOI,Source ID,Comments from web site,Title,"
    "Comments first medical doctor (MD1),MD2,MD3,Framerate,Resolution,Length (frames),Gender,Age,"
    "Patient ID / Name,Lung /abdomen interface,Preconditions / Comments about patient,"
    "Area according to DEGUM,,Effusion,Consolidations,B-lines,A-lines,"
    "Pleural line irregularities,Air bronchogram,Healthy,Fever,Cough,Respiratory problems,"
    "Headache,Loss of smell/taste,Fatigue,Sore throat,Asymptomatic,"
    "Ground truth available in Pulse Lab Repository,Included in the PULSE Lab Dataset,Other"
)
HEADER = next(csv.reader([_HEADER]))


def row(name: str, label: str = "COVID-19", score: str = "", **cells: str) -> list[str]:
    """A row of the table; cells by the first word of their column."""
    values = dict.fromkeys(range(len(HEADER)), "")
    told = {
        "Current": "data/pocus_videos/Convex", "Filename": name, "Label": label, "Lung": score,
        "Type": "video", "Probe": "convex", "Source": "2", "Resolution": "64x48", "Patient": "35",
    }  # fmt: skip
    for word, value in (told | cells).items():
        values[next(i for i, column in enumerate(HEADER) if column.startswith(word))] = value
    return list(values.values())


ROWS = [
    row("Cov-Atlas-Day+1", score="0"),
    row("Cov-Atlas-Day+2 ", score="1.0"),
    row("Cov-Atlas+(44)", score="2", Patient="36"),
    row("Reg_cine", "regular", "", Patient="37"),
    row("Pneu_long", "Bacterial pneumonia", "3", Patient="37"),
    row("Vir_line", "Viral pneumonia", "2", Probe="linear", Patient="nd", Source="29"),
    row("Vir_other", "Viral pneumonia", "", Probe="linear", Patient="", Source="29"),
    row("Cov_still", Type="Image", Patient="121"),
    row("Reg_still", "Regular", Type="image", Probe="linear", Patient="11"),
    row("Cov-Butterfly-Skip Lesion", Current="butterfly", Patient="15"),
    row("Reg_liver", "regular", Current="Not used"),
    row("Reg_abdomen", "regular", "1", Current="not_to_use (local)"),
]


def write_table(folder: Path, rows: list[list[str]]) -> Path:
    with (folder / "dataset_metadata.csv").open("w", encoding="latin-1", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
    return folder / "dataset_metadata.csv"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A copy in small, with every kind of media that the data set has."""
    data = tmp_path / "covid19_ultrasound" / "data"
    for folder in ("pocus_videos", "pocus_images"):
        for probe in ("convex", "linear"):
            (data / folder / probe).mkdir(parents=True)
    videos = data / "pocus_videos"
    image = Image.fromarray(moving_bar(1)[0])
    write_gif(videos / "convex" / "Cov-Atlas-Day+1.gif", moving_bar(3))
    for name in ("Cov-Atlas-Day+2.mp4", "Cov-Atlas+(44).mp4"):
        write_video(videos / "convex" / name, moving_bar(3))
    write_video(videos / "convex" / "Reg_cine.mov", moving_bar(3))
    write_video(videos / "convex" / "Pneu_long.avi", moving_bar(3), "mpeg4")
    write_video(videos / "linear" / "Vir_line.mpeg", moving_bar(3), "mpeg1video")
    (videos / "linear" / "label_uncertain").mkdir()
    write_video(videos / "linear" / "label_uncertain" / "Vir_other.MP4", moving_bar(3))
    write_video(videos / "convex" / "Reg_liver.mp4", moving_bar(3))
    write_video(videos / "convex" / "stranger.mp4", moving_bar(3))
    image.save(data / "pocus_images" / "convex" / "Cov_still.png")
    image.save(data / "pocus_images" / "linear" / "Reg_still.JPG", format="JPEG")
    (data / "pocus_images" / "Convex-frames").mkdir()
    image.save(data / "pocus_images" / "Convex-frames" / "Reg_cine.mov_frame0.png")
    write_table(data, ROWS)
    return data.parent


def read(source: Path, **options: Path) -> Imported:
    return get_importer("pocus")(source, ImportOptions(**options))  # type: ignore[arg-type]


def told(imported: Imported) -> list[tuple[str, str, str, int | None]]:
    return [(Path(s.clip).name, s.patient, s.group, s.score) for s in imported.segments]


def test_every_kind_of_clip_is_found_with_patient_group_and_severity(
    source: Path, tmp_path: Path
) -> None:
    imported = read(source)
    assert told(imported) == [
        ("Cov-Atlas-Day+1.gif", "35", "covid", 0),
        ("Cov-Atlas-Day+2.mp4", "35", "covid", 1),
        ("Cov-Atlas+(44).mp4", "36", "covid", 2),
        ("Reg_cine.mov", "37", "bacterial-pneumonia+healthy", None),
        ("Pneu_long.avi", "37", "bacterial-pneumonia+healthy", 3),
        ("Vir_line.mpeg", "unknown-source-29", "viral-pneumonia", 2),
        ("Vir_other.MP4", "unknown-source-29", "viral-pneumonia", None),
        ("Cov_still.png", "121", "covid", None),
        ("Reg_still.JPG", "11", "healthy", None),
    ]
    assert {segment.zone for segment in imported.segments} == {""}
    assert imported.segments[5].device == "linear probe"
    assert all(count_frames(Path(segment.clip)) in (1, 3) for segment in imported.segments)
    segments = consensus_labels(imported.segments).segments
    write_cohort(tmp_path / "pocus", imported.card, segments)
    assert read_cohort(tmp_path / "pocus").segments == imported.segments


def test_what_is_left_out_and_what_is_not_known_is_told(source: Path) -> None:
    imported = read(source)
    assert set(imported.ignored) == {
        "Reg_liver (not to be used, says the table)",
        "Reg_abdomen (not to be used, says the table)",
        "pocus_videos/convex/Reg_liver.mp4",
        "pocus_videos/convex/stranger.mp4",
    }
    assert imported.missing == ("Cov-Butterfly-Skip Lesion",)
    assert imported.notes[0].startswith("The patients of 2 clips are not known")


def test_the_older_table_has_no_severities_and_its_clips_no_scores(source: Path) -> None:
    table = source / "data" / "dataset_metadata.csv"
    rows = list(csv.reader(table.read_text(encoding="utf-8", errors="replace").splitlines()))
    at = rows[0].index("Lung Severity Score")
    with table.open("w", newline="") as file:
        csv.writer(file).writerows([*row[:at], *row[at + 1 :]] for row in rows)
    imported = read(source)
    assert imported.segments
    assert {one.score for one in imported.segments} == {None}
    assert "covid" in {one.group for one in imported.segments}


def test_the_card_tells_licence_and_citation(source: Path) -> None:
    card = read(source).card
    assert (card.name, card.label_level, card.rubric) == ("pocus", "clip", "unknown")
    assert "10.3390/app11020672" in card.citation
    assert "CC BY-NC 4.0" in card.licence


def test_the_source_may_be_the_repository_its_data_or_the_table(source: Path) -> None:
    whole = read(source)
    assert read(source / "data").segments == whole.segments
    assert read(source / "data" / "dataset_metadata.csv").segments == whole.segments
    moved = source.parent / "elsewhere"
    (source / "data" / "pocus_videos").rename(moved)
    assert told(read(source, media=moved)) == told(whole)[:7]


def test_a_row_pushed_by_a_comma_without_quotes_keeps_its_patient(source: Path) -> None:
    pushed = row("Reg_cine", "regular", "1", Comments="normal, with", Age="40", Patient="7")
    place = next(i for i, name in enumerate(HEADER) if name.startswith("Comments from"))
    pushed[place : place + 1] = ["normal", "with"]
    write_table(source / "data", [pushed[: len(HEADER)]])
    assert told(read(source)) == [("Reg_cine.mov", "7", "healthy", 1)]


def test_bytes_of_no_encoding_in_a_remark_do_no_harm(source: Path) -> None:
    write_table(source / "data", [row("Reg_cine", "regular", "1", Other="\x81\x9d ü")])
    assert len(read(source).segments) == 1


def test_all_severities_that_are_no_scores_are_named(source: Path) -> None:
    rows = [row("Reg_cine", "regular", "1-2"), row("Pneu_long", score="4")]
    rows += [row("Cov-Atlas-Day+1", score="1"), row("Cov-Atlas-Day+1", score="2")]
    write_table(source / "data", rows)
    with pytest.raises(InvalidCohortError) as caught:
        read(source)
    assert [problem.where for problem in caught.value.problems] == [
        "line 2, column Lung Severity Score",
        "line 3, column Lung Severity Score",
        "line 5, column Filename",
    ]


def test_a_copy_without_table_column_or_clips_gets_a_sentence(source: Path) -> None:
    with pytest.raises(
        CohortError, match="there is no dataset_metadata.csv here or in the data folder"
    ):
        read(source / "data" / "pocus_videos")
    with pytest.raises(CohortError, match="no clip that dataset_metadata.csv names is here"):
        read(source, media=source / "data" / "pocus_images" / "Convex-frames")
    (source / "data" / "dataset_metadata.csv").write_text("Filename,Label\nx,y\n")
    with pytest.raises(CohortError, match="lacks the columns Current location, Type"):
        read(source)
