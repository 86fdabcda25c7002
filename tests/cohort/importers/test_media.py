from itertools import accumulate, pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from clip_maker import moving_bar, write_video
from lusscore.cohort import Segment, path_parts
from lusscore.cohort.importers.media import (
    MediaIndex,
    frame_count,
    frame_times,
    frames_between,
    label_level_of,
)
from lusscore.errors import ClipError


@pytest.fixture
def media(tmp_path: Path) -> Path:
    for name in ("a.mp4", "ward/b.MP4", "ward/twice.mp4", "icu/twice.mp4", "icu/v1.2.avi", "n.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "icu" / "stills").mkdir()
    Image.new("L", (4, 4)).save(tmp_path / "icu" / "stills" / "1.png")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "c.mp4").touch()
    return tmp_path


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("a.mp4", "a.mp4"),
        ("a", "a.mp4"),
        ("b.mp4", "ward/b.MP4"),
        ("ward/b", "ward/b.MP4"),
        ("ward\\b.MP4", "ward/b.MP4"),
        ("D:\\Export\\Ward\\twice.mp4", "ward/twice.mp4"),
        ("/mnt/else/icu/twice", "icu/twice.mp4"),
        ("v1.2", "icu/v1.2.avi"),
        ("stills", "icu/stills"),
        ("1.png", "icu/stills/1.png"),
        ("./a.mp4", "a.mp4"),
    ],
)
def test_a_clip_is_found_as_people_write_it(media: Path, written: str, found: str) -> None:
    assert MediaIndex(media).find(written) == (media / found).resolve()


def test_an_absolute_path_is_itself(media: Path) -> None:
    assert MediaIndex(media / "icu").find(str(media / "a.mp4")) == (media / "a.mp4").resolve()


def test_a_name_that_stands_for_two_clips_lists_them(media: Path) -> None:
    with pytest.raises(LookupError, match="may be any of icu/twice.mp4, ward/twice.mp4; give the"):
        MediaIndex(media).find("twice")


@pytest.mark.parametrize("written", ["gone.mp4", "a.avi", "c.mp4", "", ".", ".."])
def test_a_clip_that_is_not_there_gets_a_clause(media: Path, written: str) -> None:
    with pytest.raises(LookupError, match="is not in .*; expected a clip of that name"):
        MediaIndex(media).find(written)


def test_all_clips_are_listed_once(media: Path) -> None:
    index = MediaIndex(media)
    told = [clip.relative_to(media.resolve()).as_posix() for clip in index.clips]
    assert told == ["a.mp4", "icu/stills", "icu/stills/1.png", "icu/twice.mp4", "icu/v1.2.avi",
        "ward/b.MP4", "ward/twice.mp4"]  # fmt: skip


def test_a_clip_of_that_name_in_a_folder_of_another_name_is_not_it(tmp_path: Path) -> None:
    (tmp_path / "p2").mkdir()
    (tmp_path / "p2" / "R1.mp4").write_bytes(b"x")
    (tmp_path / "R2.mp4").write_bytes(b"x")
    index = MediaIndex(tmp_path)
    with pytest.raises(LookupError, match="is not in"):
        index.find("p1/R1.mp4")
    assert index.find("export/p2/R1.mp4") == index.find("R1.mp4")
    assert index.find("somewhere/R2.mp4").name == "R2.mp4"


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("/srv/share/icu/twice.mp4", "icu/twice.mp4"),
        ("D:\\share\\ward\\twice.mp4", "ward/twice.mp4"),
        ("../../else/a.mp4", "a.mp4"),
        ("else/ward/b.mp4", "ward/b.MP4"),
    ],
)
def test_as_much_of_a_path_counts_as_agrees(media: Path, written: str, found: str) -> None:
    assert MediaIndex(media).find_end(path_parts(written)) == (media / found).resolve()


def test_a_path_whose_end_is_not_there_names_no_clip(media: Path) -> None:
    index = MediaIndex(media)
    with pytest.raises(LookupError, match=r"'none\.mp4' is not in"):
        index.find_end(path_parts("ward/none.mp4"))
    with pytest.raises(LookupError, match="may be any of"):
        index.find_end(path_parts("else/twice.mp4"))
    with pytest.raises(LookupError, match="no file"):
        index.find_end(path_parts("C:\\..\\."))


def test_times_are_the_clips_own(tmp_path: Path) -> None:
    times = frame_times(write_video(tmp_path / "a.mp4", moving_bar(5), fps=25))
    assert times == pytest.approx([0, 0.04, 0.08, 0.12, 0.16])


def test_a_clip_that_many_labels_name_is_counted_once(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", moving_bar(5))
    assert frame_count(path) == 5
    path.unlink()
    assert frame_count(path) == 5
    with pytest.raises(ClipError):
        frame_count(tmp_path / "none.mp4")


def test_an_image_has_no_clock(tmp_path: Path) -> None:
    Image.new("L", (8, 8)).save(tmp_path / "a.png")
    with pytest.raises(ClipError, match="the clip has no clock"):
        frame_times(tmp_path / "a.png")


def test_seconds_become_frames() -> None:
    times = (0.0, 0.04, 0.08, 0.12, 0.16)
    assert frames_between(times, 0.04, 0.12) == (1, 3)
    assert frames_between(times, 0.0401, 0.1199) == (1, 3)
    assert frames_between(times, 0.05, 0.09) == (2, 3)
    assert frames_between(times, 0.0, 9.0) == (0, None)
    assert frames_between(times, 0.05, 0.06) == (2, 2)
    assert frames_between(times, 1.0, 2.0) == (5, None)


@given(
    st.lists(st.floats(0.005, 0.5), min_size=1, max_size=20),
    st.lists(st.floats(0, 5), min_size=1, max_size=6),
)
def test_touching_segments_divide_a_clip_without_gap_or_overlap(
    steps: list[float], cuts: list[float]
) -> None:
    times = (0.0, *accumulate(steps))
    edges = [0.0, *sorted(cuts), float("inf")]
    covered: list[int] = []
    for start, end in pairwise(edges):
        first, last = frames_between(times, start, end)
        covered += range(first, len(times) if last is None else last)
    assert covered == list(range(len(times)))


@pytest.fixture
def weak(tmp_path: Path) -> Path:
    write_video(tmp_path / "a.mp4", moving_bar(2))
    (tmp_path / "stills").mkdir()
    Image.new("L", (8, 8)).save(tmp_path / "stills" / "1.PNG")
    return tmp_path


@pytest.mark.parametrize(
    ("clip", "score", "frames", "level"),
    [
        ("a.mp4", 0, (0, None), "clip"),
        ("a.mp4", None, (0, None), "frame"),
        ("a.mp4", 2, (0, 1), "frame"),
        ("a.mp4", 2, (1, None), "frame"),
        ("stills", 2, (0, None), "frame"),
        ("stills/1.PNG", 2, (0, None), "frame"),
    ],
)
def test_only_a_score_of_a_whole_moving_clip_is_weak(
    weak: Path, clip: str, score: int | None, frames: tuple[int, int | None], level: str
) -> None:
    still = Segment((weak / "stills").as_posix(), "p", "1", "", 3)
    assert label_level_of(
        [still, Segment((weak / clip).as_posix(), "p", "1", "", score, *frames)]
    ) == (level)
