from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from clip_maker import write_video
from lusscore.clips import Region
from lusscore.errors import ClipError
from lusscore.sector import Sector, SectorFinder, find_sector, sector_mask
from sector_maker import fan_clip, fan_mask, write_text


def find(video: np.ndarray, *regions: Region) -> Sector:
    finder = SectorFinder(regions)
    for image in video:
        finder.add(image)
    return finder.find()


def overlap(sector: Sector, mask: np.ndarray) -> float:
    found = sector_mask(sector)
    return float((found & mask).sum() / (found | mask).sum())


def test_a_moving_clip_has_the_sector_that_moves() -> None:
    sector = find(write_text(fan_clip(), "PATIENT X", 5, 14))
    assert sector.source == "motion"
    assert (sector.height, sector.width) == (240, 320)
    assert overlap(sector, fan_mask(240, 320)) > 0.93
    assert len(sector.text) == 1


def test_a_screen_of_even_grey_with_a_ruler_and_a_grey_word_is_not_sector() -> None:
    video = fan_clip(10)
    mask = fan_mask(240, 320)
    for image in video:
        image[~mask] = 40
        image[40:230:10, 300:308] = 150
        image[40:230:10, 12:20] = 150
    sector = find(write_text(video, "14 cm", 5, 30, colour=(110, 110, 110)))
    assert sector.source == "motion"
    assert overlap(sector, mask) > 0.9


def test_a_still_chest_wall_belongs_to_the_sector() -> None:
    video = fan_clip(10)
    video[:, :110] = video[0, :110]
    sector = find(video)
    assert sector.source == "motion"
    assert overlap(sector, fan_mask(240, 320)) > 0.9
    assert sector.text == ()


def test_small_parts_elsewhere_such_as_a_clock_are_left_out() -> None:
    video = np.zeros((6, 200, 200, 3), np.uint8)
    video[::2, 20:150, 30:150] = 90
    video[1::2, 185:195, 180:198] = 90
    sector = find(video)
    assert np.array(sector.outline).max(axis=0).tolist() == [149, 149]


def test_a_large_part_beyond_a_dark_gap_belongs_to_it() -> None:
    video = np.zeros((6, 200, 200, 3), np.uint8)
    video[::2, 20:80, 30:150] = 90
    video[::2, 130:160, 60:100] = 90
    assert np.array(find(video).outline)[:, 1].max() == 159


@given(st.integers(40, 80), st.integers(40, 80), st.integers(0, 40), st.integers(0, 40))
def test_a_rectangle_is_found_as_it_is(height: int, width: int, top: int, left: int) -> None:
    video = np.zeros((4, 140, 140, 3), np.uint8)
    rectangle = np.zeros((140, 140), bool)
    rectangle[top : top + height, left : left + width] = True
    video[::2, rectangle] = 90
    np.testing.assert_array_equal(sector_mask(find(video)), rectangle)


def test_a_still_has_the_sector_that_is_bright() -> None:
    sector = find(fan_clip(1))
    assert sector.source == "brightness"
    assert overlap(sector, fan_mask(240, 320)) > 0.93


def test_a_frozen_clip_counts_as_a_still() -> None:
    assert find(fan_clip(1).repeat(6, axis=0)).source == "brightness"


def test_a_black_clip_shows_the_whole_image() -> None:
    sector = find(np.zeros((4, 30, 40, 3), np.uint8))
    assert sector.source == "whole"
    assert sector_mask(sector).all()
    assert sector.text == ()


def test_a_declared_region_comes_first_and_is_narrowed_to_what_moves_in_it() -> None:
    video = fan_clip()
    sector = find(video, Region(60, 30, 260, 200, True), Region(0, 0, 320, 20, False))
    assert sector.source == "dicom"
    window = np.zeros((240, 320), bool)
    window[30:200, 60:260] = True
    assert overlap(sector, fan_mask(240, 320) & window) > 0.93


def test_a_declared_region_in_which_nothing_shows_is_taken_whole() -> None:
    sector = find(np.zeros((3, 100, 100, 3), np.uint8), Region(10, 20, 60, 90, True))
    assert sector.source == "dicom"
    assert sector_mask(sector).sum() == 50 * 70


@pytest.mark.parametrize(
    "region",
    [Region(500, 500, 900, 900, True), Region(-50, -50, 0, 0, True), Region(9, 9, 9, 9, True)],
)
def test_a_region_outside_the_image_is_ignored(region: Region) -> None:
    assert find(fan_clip(), region).source == "motion"


def test_a_large_clip_is_found_on_reduced_pixels_and_told_in_its_own() -> None:
    sector = find(fan_clip(5, 1080, 1440))
    assert (sector.height, sector.width) == (1080, 1440)
    assert overlap(sector, fan_mask(1080, 1440)) > 0.93


def test_the_sector_does_not_depend_on_the_encoding(tmp_path: Path) -> None:
    video = write_text(fan_clip(12), "R1", 10, 230)
    mp4 = find_sector(write_video(tmp_path / "a.mp4", video))
    folder = tmp_path / "frames"
    folder.mkdir()
    for number, image in enumerate(video):
        Image.fromarray(image).save(folder / f"{number}.png")
    png = find_sector(folder)
    assert png.source == mp4.source == "motion"
    assert overlap(mp4, sector_mask(png)) > 0.97
    assert len(png.text) == len(mp4.text) == 1


def test_a_clip_that_cannot_be_read_gets_its_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"no video")
    with pytest.raises(ClipError, match="cannot be"):
        find_sector(tmp_path / "a.mp4")


def test_no_frames_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="at least one frame"):
        SectorFinder().find()


# Clips of the shared copy that carry the name of their zone, wholly or cut off by the left edge.
_WITH_TEXT = ("12_R2", "24_L2", "24_R3", "26_R2", "30_L3", "39_R1", "3_L2", "51_R1", "59_L1")
_WITHOUT = ("1_L1", "12_L1", "15_R3", "37_L1", "37_L3", "40_L3", "59_R1", "47_L1", "3_R2")


@pytest.mark.shared
@pytest.mark.parametrize("name", _WITH_TEXT + _WITHOUT)
def test_zone_names_in_real_clips_are_found_and_bright_reflections_are_not(
    shared: Path, name: str
) -> None:
    sector = find_sector(shared / "covid-blues" / "lus_videos" / f"patient_{name}.mp4")
    assert sector.source == "motion"
    assert len(sector.text) == (name in _WITH_TEXT)
