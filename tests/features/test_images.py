from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from clip_maker import moving_bar, write_video
from lusscore.clips import Frame, open_clip
from lusscore.cohort import Cohort, ExtractionSettings
from lusscore.features import (
    Chunk,
    ClipEnd,
    MediaIndex,
    PlannedClip,
    letterbox,
    make_variants,
    plan_clip,
    stream_clips,
)
from lusscore.features.images import Transform, apply_transform, draw_transform
from lusscore.sector import SECTOR_POLICIES, change_contrast, find_sector, sector_crop, show_sector
from sector_maker import fan_clip, write_text

DIGEST = "ab" * 32
STILL = Transform(angle=0, shift=(0, 0), scale=1, flip=False)
FRAME = Frame(3, 0.1, moving_bar(1)[0])
SIDES = st.integers(1, 80)


@given(SIDES, SIDES, SIDES, SIDES)
def test_a_letterboxed_image_has_the_size_asked_for(
    width: int, height: int, rows: int, columns: int
) -> None:
    fitted = letterbox(Image.new("RGB", (width, height)), (rows, columns))
    assert fitted.size == (columns, rows)


@pytest.mark.parametrize(("width", "height"), [(200, 100), (100, 200), (60, 30), (30, 60)])
def test_nothing_is_stretched_and_the_rest_is_black(width: int, height: int) -> None:
    fitted = np.asarray(letterbox(Image.new("RGB", (width, height), "white"), (80, 80)))
    rows, columns = np.nonzero(fitted[..., 0] > 127)
    seen = (np.ptp(columns) + 1) / (np.ptp(rows) + 1)
    assert seen == pytest.approx(width / height, rel=0.05)
    assert (rows.mean(), columns.mean()) == pytest.approx((39.5, 39.5), abs=0.5)
    assert (fitted == 0).any()


def spot(row: int, column: int, size: int = 101) -> np.ndarray:
    image = np.zeros((size, size, 3), dtype=np.uint8)
    image[row - 3 : row + 4, column - 3 : column + 4] = 255
    return image


def find(image: np.ndarray) -> tuple[float, float]:
    light = image[..., 0].astype(float)
    rows, columns = np.indices(light.shape)
    return (rows * light).sum() / light.sum(), (columns * light).sum() / light.sum()


@pytest.mark.parametrize(
    ("transform", "expected"),
    [
        (STILL, (30, 70)),
        (Transform(0, (0.1, 0), 1, False), (40.1, 70)),
        (Transform(0, (0, -0.2), 1, False), (30, 49.8)),
        (Transform(0, (0, 0), 1.5, False), (20, 80)),
        (Transform(0, (0, 0), 1, True), (30, 30)),
        # 20 above and 20 right of the centre, turned anticlockwise by 90°: above and left
        (Transform(90, (0, 0), 1, False), (30, 30)),
        (Transform(90, (0, 0), 1, True), (70, 30)),
        (Transform(0, (0, 0.1), 1, True), (30, 40.1)),
    ],
)
def test_a_spot_goes_where_it_should(transform: Transform, expected: tuple[float, float]) -> None:
    assert find(apply_transform(spot(30, 70), transform)) == pytest.approx(expected, abs=0.6)


def test_no_change_changes_nothing() -> None:
    np.testing.assert_array_equal(apply_transform(spot(30, 70), STILL), spot(30, 70))


SETTINGS = st.builds(
    ExtractionSettings,
    rotation=st.floats(0, 180),
    shift=st.floats(0, 0.5),
    scale=st.floats(0, 0.9),
    flip=st.booleans(),
    seed=st.integers(0, 2**32),
)


@given(SETTINGS, st.integers(0, 10_000), st.integers(1, 50))
def test_draws_stay_in_their_ranges_and_are_a_pure_function(
    settings: ExtractionSettings, frame: int, variant: int
) -> None:
    drawn = draw_transform(settings, DIGEST, frame, variant)
    assert abs(drawn.angle) <= settings.rotation
    assert max(map(abs, drawn.shift)) <= settings.shift
    assert abs(drawn.scale - 1) <= settings.scale + 1e-12
    assert settings.flip or not drawn.flip
    draw_transform(settings, DIGEST, frame + 1, variant)
    assert draw_transform(settings, DIGEST, frame, variant) == drawn


def test_seed_clip_frame_and_variant_each_give_another_draw() -> None:
    base = ExtractionSettings()
    draws = {
        draw_transform(base, DIGEST, 0, 1),
        draw_transform(base, DIGEST, 0, 2),
        draw_transform(base, DIGEST, 1, 1),
        draw_transform(base, "cd" * 32, 0, 1),
        draw_transform(ExtractionSettings(seed=1), DIGEST, 0, 1),
    }
    assert len(draws) == 5


def test_draws_fill_their_ranges_evenly() -> None:
    settings = ExtractionSettings()
    draws = [draw_transform(settings, DIGEST, frame, 1) for frame in range(2000)]
    assert np.mean([draw.flip for draw in draws]) == pytest.approx(0.5, abs=0.05)
    angles = np.array([draw.angle for draw in draws]) / settings.rotation
    assert angles.mean() == pytest.approx(0, abs=0.05)
    assert angles.std() == pytest.approx(3**-0.5, abs=0.03)


def test_variant_0_is_the_clean_frame_and_the_decoded_frame_is_not_changed() -> None:
    before = FRAME.rgb.copy()
    clean, first, second = make_variants(FRAME, "aa", ExtractionSettings(variants=2), (32, 40))
    np.testing.assert_array_equal(clean, letterbox(Image.fromarray(before), (32, 40)))
    assert not np.array_equal(first, clean)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(FRAME.rgb, before)


@pytest.mark.parametrize("asked", [(0,), (2,), (1, 3), (0, 4)])
def test_a_variant_is_the_same_whichever_others_are_made(asked: tuple[int, ...]) -> None:
    every = make_variants(FRAME, "aa", ExtractionSettings(variants=5), (32, 32))
    few = make_variants(FRAME, "aa", ExtractionSettings(variants=2), (32, 32), asked)
    np.testing.assert_array_equal(few, every[list(asked)])


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
