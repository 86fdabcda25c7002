import csv
from pathlib import Path

import pytest

from clip_maker import moving_bar, write_gif, write_video
from lusscore.cohort import read_cohort, write_cohort
from lusscore.cohort.importers import Imported, ImportOptions, get_importer
from lusscore.errors import CohortError, InvalidCohortError

# the headers as published with version 1.5
VIDEOS, SCORES = csv.reader(
    (
        "id,filename,filetype,folder,source,url,probe,class,class_on_website,version,date_added,"
        "type,patient,case_no,gender,age,comment,paper_link,paper_doi,license,link",
        "id,LUSS,filetype,source,probe,class,type",
    )
)

ROWS = (
    # id, filetype, source, probe, class, type in the one table and in the other, patient, LUSS
    ("1_butterfly_covid", "mp4", "Butterfly", "Convex", "COVID", "polmone", "lung", "", "3"),
    ("5_butterfly_covid", "mp4", "Butterfly", "Convex", "COVID", "cardiac", "cardiac", "", ""),
    ("20_butterfly_normal", "mp4", "Butterfly", "Convex", "Normal", "lung", "lung", "", "0"),
    ("22_butterfly_covid", "mp4", "Butterfly", "Convex", "COVID", "lung", "lung", "", "NA"),
    ("43_litfl_pneumonia", "mp4", "Litfl", "Convex", "Pneumonia", "", "lung", "case1", "3"),
    ("49_pocusatlas_covid", "gif", "PocusAtlas", "Linear", "COVID", "lung", "lung", "20day", "1"),
    ("97_litfl_other", "mp4", "Litfl", "Convex", "Other", "lung", "lung", "case9", "NA"),
)


def write_tables(folder: Path, rows: tuple[tuple[str, ...], ...]) -> None:
    with (folder / "video_metadata.csv").open("w", encoding="latin-1", newline="") as file:
        writer = csv.DictWriter(file, VIDEOS, restval="")
        writer.writeheader()
        for name, filetype, origin, probe, kind, organ, _, patient, _ in rows:
            told = {"id": name, "filetype": filetype, "source": origin, "probe": probe}
            told |= {"class": kind, "type": organ, "patient": patient, "comment": "a, b\x81"}
            writer.writerow(told)
    with (folder / "LUSS_metadata.csv").open("w", encoding="latin-1", newline="") as file:
        writer2 = csv.writer(file)
        writer2.writerow(SCORES)
        for name, filetype, origin, probe, kind, _, organ, _, score in rows:
            writer2.writerow((name, score, filetype, origin, probe, kind, organ))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A copy in small, as the notebook leaves it."""
    root = tmp_path / "COVID-US"
    (root / "utils").mkdir(parents=True)
    for folder in ("original", "cropped"):
        (root / "data" / "video" / folder).mkdir(parents=True)
    videos = root / "data" / "video"
    for name in ("1_butterfly_covid", "5_butterfly_covid", "20_butterfly_normal"):
        write_video(videos / "original" / f"{name}.mp4", moving_bar(3))
    write_video(videos / "cropped" / "1_butterfly_covid_prc.avi", moving_bar(3))
    write_video(videos / "43_litfl_pneumonia.mp4", moving_bar(3))
    write_video(videos / "original" / "97_litfl_other.mp4", moving_bar(3))
    write_gif(videos / "original" / "49_pocusatlas_covid.gif", moving_bar(3))
    write_tables(root / "utils", ROWS)
    return root


def read(source: Path, **options: Path) -> Imported:
    return get_importer("covidx-us")(source, ImportOptions(**options))  # type: ignore[arg-type]


def test_videos_are_found_with_patient_group_and_score(source: Path, tmp_path: Path) -> None:
    imported = read(source)
    told = [
        (
            Path(s.clip).relative_to(source.resolve() / "data" / "video").as_posix(),
            s.patient,
            s.group,
            s.score,
        )
        for s in imported.segments
    ]
    assert told == [
        ("cropped/1_butterfly_covid_prc.avi", "unknown-butterfly-covid", "covid", 3),
        ("original/20_butterfly_normal.mp4", "unknown-butterfly-normal", "healthy", 0),
        ("43_litfl_pneumonia.mp4", "case1", "pneumonia", 3),
        ("original/49_pocusatlas_covid.gif", "20day", "covid", 1),
        ("original/97_litfl_other.mp4", "case9", "other", None),
    ]
    assert [segment.device for segment in imported.segments][3] == "linear probe"
    write_cohort(tmp_path / "covidx-us", imported.card, imported.segments)
    assert read_cohort(tmp_path / "covidx-us").segments == imported.segments


def test_what_shows_no_lung_or_is_not_there_is_told(source: Path) -> None:
    imported = read(source)
    assert imported.ignored == ("5_butterfly_covid (shows cardiac)",)
    assert imported.missing == ("22_butterfly_covid",)
    assert imported.notes[0].startswith("The patients of 2 clips are not known")


def test_the_card_tells_licence_and_citation(source: Path) -> None:
    card = read(source).card
    assert (card.name, card.label_level) == ("covidx-us", "clip")
    assert "10.31083/j.fbl2707198" in card.citation
    assert "AGPL-3.0" in card.licence


def test_the_originals_can_be_chosen(source: Path) -> None:
    imported = read(source, media=source / "data" / "video" / "original")
    assert Path(imported.segments[0].clip).name == "1_butterfly_covid.mp4"


def test_all_bad_scores_are_named(source: Path) -> None:
    rows = tuple((*row[:-1], "high") for row in ROWS[:2])
    write_tables(source / "utils", rows)
    with pytest.raises(InvalidCohortError) as caught:
        read(source)
    assert [problem.where for problem in caught.value.problems] == [
        "line 2, column LUSS",
        "line 3, column LUSS",
    ]


def test_a_copy_without_tables_columns_or_videos_gets_a_sentence(source: Path) -> None:
    with pytest.raises(
        CohortError, match="there are no video_metadata.csv and LUSS_metadata.csv here"
    ):
        read(source / "data")
    with pytest.raises(
        CohortError,
        match="no video that video_metadata.csv names is here; run create_COVIDxUS.ipynb",
    ):
        read(source, media=source / "utils")
    (source / "utils" / "LUSS_metadata.csv").write_text("id,score\n1,2\n")
    with pytest.raises(CohortError, match="lacks the columns LUSS, type; expected the table as"):
        read(source)
