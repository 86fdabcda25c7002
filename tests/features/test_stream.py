"""Frames on their way to the backbones: decoded ahead, in order, in chunks of one clip."""

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from clip_maker import write_video
from lusscore.clips import open_clip
from lusscore.cohort import Cohort, ExtractionSettings
from lusscore.features import (
    Chunk,
    ClipEnd,
    MediaIndex,
    PlannedClip,
    letterbox,
    plan_clip,
    stream_clips,
)
from lusscore.sector import (
    SECTOR_POLICIES,
    change_contrast,
    find_sector,
    sector_crop,
    show_sector,
)
from sector_maker import fan_clip, write_text

SETTINGS = ExtractionSettings(variants=1)
Source = tuple[PlannedClip, Path, list[tuple[int, int]]]


@pytest.fixture
def sources(make_cohort: Callable[..., Cohort], tmp_path: Path) -> list[Source]:
    cohort = make_cohort(2, frames=5)
    planned = [plan_clip(media, SETTINGS) for media in MediaIndex(cohort, tmp_path).survey_all()]
    return [(clip, cohort.clip_path(clip.path), [(24, 24), (16, 32)]) for clip in planned]


def images(sources: list[Source], frames_per_chunk: int, readers: int = 1) -> np.ndarray:
    items = stream_clips(sources, SETTINGS, frames_per_chunk, readers=readers)
    return np.concatenate([item.images[(24, 24)] for item in items if isinstance(item, Chunk)])


def errors(stream: Iterator[Chunk | ClipEnd]) -> list[str]:
    return [item.error for item in stream if isinstance(item, ClipEnd)]


@pytest.mark.parametrize("readers", [1, 2, 7])
def test_clips_come_in_order_in_chunks_that_never_segment_two(
    sources: list[Source], readers: int
) -> None:
    items = list(stream_clips(sources, SETTINGS, 2, readers=readers))
    sizes = [len(item.times) if isinstance(item, Chunk) else "end" for item in items]
    assert sizes == [2, 2, 1, "end"] * 4
    chunk = items[0]
    assert isinstance(chunk, Chunk)
    assert chunk.images[(24, 24)].shape == (2, 2, 24, 24, 3)
    assert chunk.images[(16, 32)].shape == (2, 2, 16, 32, 3)


@pytest.mark.parametrize(("frames_per_chunk", "readers"), [(1, 1), (100, 2), (3, 5)])
def test_size_of_chunks_and_number_of_readers_change_no_image(
    sources: list[Source], frames_per_chunk: int, readers: int
) -> None:
    several = images(sources * 3, frames_per_chunk, readers)
    np.testing.assert_array_equal(several, images(sources * 3, 2))


def test_a_clip_that_was_changed_while_it_was_read_fails(sources: list[Source]) -> None:
    ends: list[str] = []
    for item in stream_clips(sources, SETTINGS, 1):
        if isinstance(item, ClipEnd):
            ends.append(item.error)
            if len(ends) == 1:
                os.utime(sources[1][1], (1, 1))
    assert "changed while it was being read" in ends[1]
    assert [bool(error) for error in ends] == [False, True, False, False]


def test_a_clip_that_fails_ends_with_its_error_and_the_next_one_follows(
    sources: list[Source],
) -> None:
    path = sources[1][1]
    path.write_bytes(path.read_bytes()[:300])
    ends = errors(stream_clips(sources, SETTINGS, 9))
    assert [bool(error) for error in ends] == [False, True, False, False]
    assert ends[1].startswith("The file cannot be decoded as a video")
    assert path.stem not in ends[1]


def test_a_clip_that_lost_frames_since_it_was_counted_fails(sources: list[Source]) -> None:
    clip, path, sizes = sources[0]
    longer = replace(clip, frames=np.arange(9))
    (error,) = errors(stream_clips([(longer, path, sizes)], SETTINGS, 9))
    assert "5 of the 9 frames" in error


@pytest.mark.parametrize("readers", [1, 3])
def test_a_bug_while_decoding_reaches_the_caller(sources: list[Source], readers: int) -> None:
    def broken() -> Iterator[Source]:
        yield sources[0]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(stream_clips(broken(), SETTINGS, 9, readers=readers))


def test_stopping_early_ends_the_threads(sources: list[Source]) -> None:
    before = threading.active_count()
    stream = stream_clips(sources * 20, SETTINGS, 1, readers=3)
    next(stream)
    assert threading.active_count() > before
    stream.close()
    assert threading.active_count() == before


@pytest.mark.parametrize("known", [True, False])
def test_a_network_sees_the_sector_without_text_or_what_the_card_says(
    tmp_path: Path, known: bool
) -> None:
    video = write_text(write_text(fan_clip(), "L3", 150, 150), "Doe", 5, 20)
    path = write_video(tmp_path / "a.mp4", video)
    sector = find_sector(path)
    clip = PlannedClip("a.mp4", "a" * 64, np.arange(8), sector=sector if known else None)
    for policy in SECTOR_POLICIES:
        settings = ExtractionSettings(variants=0, sector=policy)
        chunk, _ = stream_clips([(clip, path, [(96, 96)])], settings, 99)
        assert isinstance(chunk, Chunk)
        frame = next(iter(open_clip(path)))
        seen = letterbox(Image.fromarray(show_sector(frame.rgb, sector, policy)), (96, 96))
        np.testing.assert_array_equal(chunk.images[(96, 96)][0, 0], np.asarray(seen))


def test_contrast_is_changed_inside_the_sector_alone(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", fan_clip(gain=40))
    sector = find_sector(path)
    clip = PlannedClip("a.mp4", "a" * 64, np.arange(1), sector=sector)
    settings = ExtractionSettings(variants=0, sector="sector", contrast="stretch")
    chunk, _ = stream_clips([(clip, path, [(96, 96)])], settings, 99)
    assert isinstance(chunk, Chunk)
    shown = show_sector(next(iter(open_clip(path))).rgb, sector, "sector")
    changed = change_contrast(shown, sector_crop(sector), "stretch")
    seen = np.asarray(letterbox(Image.fromarray(changed), (96, 96)))
    np.testing.assert_array_equal(chunk.images[(96, 96)][0, 0], seen)
    assert seen.max() > 200
