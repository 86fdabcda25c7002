import cv2
import numpy as np
import pytest

from lusscore.sector import Box
from lusscore.sector.overlay import find_overlays
from lusscore.sector.statistics import ClipStatistics
from sector_maker import fan_clip, fan_mask, write_text

FAN = fan_mask(240, 320)


def look(video: np.ndarray, inside: np.ndarray | None = FAN) -> tuple[Box, ...]:
    statistics = ClipStatistics()
    for image in video:
        statistics.add(image)
    return find_overlays(statistics, inside)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("frames", [1, 3, 8, 40])
def test_flickering_tissue_holds_no_text(frames: int, seed: int) -> None:
    assert look(fan_clip(frames, seed=seed)) == ()


@pytest.mark.parametrize("frames", [1, 8])
@pytest.mark.parametrize("text", ["L3", "R2", "I", "Dr. No"])
def test_a_white_line_of_text_in_the_tissue_is_one_box(text: str, frames: int) -> None:
    (box,) = look(write_text(fan_clip(frames), text, 130, 150))
    black = np.zeros_like(fan_clip(1))
    rows, columns = np.nonzero((write_text(black, text, 130, 150) > 60).any(axis=(0, 3)))
    assert box.left <= columns.min()
    assert box.right > columns.max()
    assert box.top <= rows.min()
    assert box.bottom > rows.max()
    assert box.right - box.left <= np.ptp(columns) + 12
    assert box.bottom - box.top <= np.ptp(rows) + 12


def test_grey_text_is_found_where_no_tissue_is() -> None:
    grey = write_text(fan_clip(), "14 cm", 5, 20, colour=(90, 90, 90))
    assert len(look(grey)) == 1
    assert look(grey, None) == ()


def test_coloured_text_needs_no_strong_edge() -> None:
    video = write_text(fan_clip(gain=60), "LIVER", 120, 150, colour=(20, 140, 120))
    assert len(look(video)) == 1


def test_a_tinted_picture_is_not_text() -> None:
    sepia = (fan_clip() * np.array([1.0, 0.55, 0.1])).astype(np.uint8)
    assert look(sepia) == ()


def test_two_lines_are_two_boxes() -> None:
    video = write_text(write_text(fan_clip(), "NAME", 5, 20), "DATE", 5, 230)
    assert len(look(video)) == 2


def test_text_that_moves_is_tissue_for_all_that_can_be_told() -> None:
    video = fan_clip(8)
    for number in range(8):
        video[number] = write_text(video[number : number + 1], "L3", 100 + 9 * number, 150)[0]
    assert look(video) == ()


def test_the_border_of_a_still_bright_sector_is_no_text() -> None:
    rng = np.random.default_rng(0)
    wall = cv2.GaussianBlur(rng.integers(120, 256, (60, 200)).astype(np.uint8), (15, 3), 0)
    video = np.zeros((8, 240, 320, 3), np.uint8)
    video[:, 20:80, 60:260] = wall[..., None]
    inside = np.zeros((240, 320), bool)
    inside[80:200, 60:260] = True
    assert look(video, inside) == ()
    assert look(video, None) == ()


@pytest.mark.parametrize("x", [-9, 312])
def test_a_character_that_the_image_border_cuts_is_found(x: int) -> None:
    assert len(look(write_text(fan_clip(), "8", x, 230))) == 1


@pytest.mark.parametrize(("width", "found"), [(2, 1), (6, 1), (20, 0), (80, 0)])
@pytest.mark.parametrize("dark", [False, True])
def test_a_bar_is_an_overlay_if_it_is_as_wide_as_a_pen(width: int, found: int, dark: bool) -> None:
    picture = np.full((6, 240, 320, 3), 220 if dark else 20, np.uint8)
    picture[:, 50:150, 120 : 120 + width] = 20 if dark else 220
    assert len(look(picture, None)) == found
