import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from clip_maker import write_video
from lusscore.clips import open_clip
from lusscore.cohort import Cohort, ExtractionSettings
from lusscore.features.file.layout import PlannedClip
from lusscore.features.images.letterbox import letterbox
from lusscore.features.images.stream import Chunk, ClipEnd, stream_clips
from lusscore.features.media import index_media
from lusscore.features.plan import plan_clips
from lusscore.sector import (
    SECTOR_POLICIES,
    change_contrast,
    find_sector,
    sector_crop,
    show_sector,
)
from sector_maker import fan_clip, write_text

SETTINGS = ExtractionSettings(variants=1)


@pytest.fixture
def sources(
    make_cohort: Callable[..., Cohort], tmp_path: Path
) -> list[tuple[PlannedClip, Path, list[tuple[int, int]]]]:
    cohort = make_cohort(2, frames=5)
    planned = plan_clips(index_media(cohort, tmp_path / "m.json"), SETTINGS)
    return [(clip, cohort.clip_path(clip.path), [(24, 24), (16, 32)]) for clip in planned]


@pytest.mark.parametrize("readers", [1, 2, 7])
def test_clips_come_in_order_in_chunks_that_never_span_two(sources: list, readers: int) -> None:
    items = list(stream_clips(sources, SETTINGS, 2, readers=readers))
    sizes = [len(item.times) if isinstance(item, Chunk) else "end" for item in items]
    assert sizes == [2, 2, 1, "end"] * 4
    chunk = items[0]
    assert isinstance(chunk, Chunk)
    assert chunk.images[(24, 24)].shape == (2, 2, 24, 24, 3)
    assert chunk.images[(16, 32)].shape == (2, 2, 16, 32, 3)


@pytest.mark.parametrize("frames_per_chunk", [1, 3, 100])
def test_the_size_of_a_chunk_changes_no_image(sources: list, frames_per_chunk: int) -> None:
    def images(size: int) -> np.ndarray:
        items = stream_clips(sources, SETTINGS, size)
        return np.concatenate([i.images[(24, 24)] for i in items if isinstance(i, Chunk)])

    np.testing.assert_array_equal(images(frames_per_chunk), images(2))


@pytest.mark.parametrize("readers", [2, 5])
def test_the_number_of_readers_changes_neither_images_nor_their_order(
    sources: list, readers: int
) -> None:
    def images(readers: int) -> np.ndarray:
        items = stream_clips(sources * 6, SETTINGS, 2, readers=readers)
        return np.concatenate([i.images[(24, 24)] for i in items if isinstance(i, Chunk)])

    np.testing.assert_array_equal(images(readers), images(1))


def test_a_clip_that_was_changed_while_it_was_read_fails(sources: list) -> None:
    _, path, _ = sources[1]
    stream = stream_clips(sources, SETTINGS, 1)
    ends = []
    for item in stream:
        if isinstance(item, ClipEnd):
            ends.append(item.error)
            if len(ends) == 1:
                os.utime(path, (1, 1))
    assert "was changed while it was being read" in ends[1]
    assert [bool(error) for error in ends] == [False, True, False, False]


def test_a_clip_that_fails_ends_with_its_error_and_the_next_one_follows(sources: list) -> None:
    path = sources[1][1]
    path.write_bytes(path.read_bytes()[:300])
    ends = [i.error for i in stream_clips(sources, SETTINGS, 9) if isinstance(i, ClipEnd)]
    assert [bool(error) for error in ends] == [False, True, False, False]
    assert path.name in ends[1]


def test_a_clip_that_lost_frames_since_it_was_counted_fails(sources: list) -> None:
    clip, path, sizes = sources[0]
    longer = replace(clip, frames=np.arange(9))
    *_, end = stream_clips([(longer, path, sizes)], SETTINGS, 9)
    assert isinstance(end, ClipEnd)
    assert "gave 5 of the 9 frames" in end.error


@pytest.mark.parametrize("readers", [1, 3])
def test_a_bug_while_decoding_reaches_the_caller(sources: list, readers: int) -> None:
    def broken() -> object:
        yield sources[0]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(stream_clips(broken(), SETTINGS, 9, readers=readers))  # type: ignore[arg-type]


def test_stopping_early_ends_the_thread(sources: list) -> None:
    import threading

    stream = stream_clips(sources * 20, SETTINGS, 1, readers=3)
    next(stream)
    stream.close()
    assert not [t.name for t in threading.enumerate() if t.name.startswith("lusscore-decode")]


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
