from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lusscore.cohort import (
    Card,
    Cohort,
    ExtractionSettings,
    FramesPolicy,
    Rating,
    Segment,
    read_card,
    read_cohort,
    write_card,
    write_cohort,
)
from lusscore.errors import CohortError, InvalidCohortError, WriteError
from small_disk import KILOBYTE, fill, small_disk  # noqa: F401


def test_a_card_reads_back(tmp_path: Path) -> None:
    card = Card(
        "ward-7",
        "lus-12",
        "soldati-2020",
        licence="CC0-1.0",
        citation='Two lines,\n"quoted", ü',
        label_level="clip",
        synthetic=True,
        extraction=ExtractionSettings(FramesPolicy("per-clip", 4), seed=3, levels=("16.top",)),
    )
    write_card(tmp_path / "cohort.toml", card)
    assert read_card(tmp_path / "cohort.toml") == card
    assert 'levels = ["16.top"]' in (tmp_path / "cohort.toml").read_text()


def test_a_missing_card_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match=r"cohort\.toml: there is no cohort card"):
        read_card(tmp_path / "cohort.toml")


def test_what_is_not_toml_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "cohort.toml").write_text("name = ")
    with pytest.raises(CohortError, match="is not valid TOML"):
        read_card(tmp_path / "cohort.toml")


def test_all_that_is_wrong_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "cohort.toml").write_text(
        'name = "../up"\nprotocol = "lus-99"\nlabel_level = "guess"\nsynthetic = "no"\n'
        'zones = 3\nspeed = "fast"\n[extraction]\nvariants = -3\n'
    )
    with pytest.raises(InvalidCohortError) as caught:
        read_card(tmp_path / "cohort.toml")
    assert {problem.where for problem in caught.value.problems} == {
        "rubric", "line 1, name", "line 2, protocol", "line 3, label_level", "line 4, synthetic",
        "line 5, zones", "line 6, speed", "line 8, extraction.variants",
    }  # fmt: skip
    assert "8 problems" in str(caught.value)


def test_a_cohort_reads_back(make_cohort: Callable[..., Cohort]) -> None:
    cohort = make_cohort(2)
    assert read_cohort(cohort.folder) == cohort
    assert cohort.clips() == tuple(f"clips/p{p}_{z}.mp4" for p in (0, 1) for z in ("R1", "L1"))
    assert cohort.clip_path(cohort.clips()[0]).is_file()


def test_a_folder_that_is_not_there_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match=r"gone: there is no cohort; expected a folder with"):
        read_cohort(tmp_path / "gone")


def test_a_clip_whose_path_is_no_text_is_named_and_nothing_written(tmp_path: Path) -> None:
    segments = [Segment("a.mp4", "p", "1", "R1", 2), Segment("m\udcfc.mp4", "q", "1", "R1", 1)]
    with pytest.raises(CohortError, match=r"is no text .* 'm\?\.mp4'; rename"):
        write_cohort(tmp_path / "new", Card("new", "blue-6", "unknown"), segments)
    assert not (tmp_path / "new").exists()


def test_an_earlier_cohort_stays_until_the_new_one_is_whole(small_disk: Path) -> None:  # noqa: F811
    folder, card = small_disk / "x", Card("x", "blue-6", "unknown")
    old = write_cohort(folder, card, [Segment("a.mp4", "old", "1", "R1", 3)])
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    fill(small_disk, leave=12 * KILOBYTE)
    new = [Segment("b.mp4", "p", "1", "R1", 2)]
    many = [Rating("b.mp4", f"rater {number:05}", 2) for number in range(2000)]
    with pytest.raises(WriteError, match="free space"):
        write_cohort(folder, replace(card, description="new"), new, many)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == files
    assert read_cohort(folder, check_files=False).segments == old.segments
