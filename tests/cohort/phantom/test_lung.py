from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lusscore.cohort import PhantomSettings
from lusscore.cohort.phantom.beams import PROBES, make_grid
from lusscore.cohort.phantom.lung import (
    bronchogram_mask,
    canvas_depths,
    paint_lung,
    pleural_line,
)
from lusscore.cohort.phantom.patients import draw_patient
from lusscore.cohort.phantom.scene import Scene, draw_scene
from lusscore.cohort.phantom.signs import Consolidation, Signs, VerticalArtefact, Window

GRID = make_grid(PROBES[0], 100.0, 256)
WINDOW = Window(np.ones(110, dtype=bool), margin=8, reach=5, beams_per_mm=1.4)
SMOOTH = Signs(score=0, irregularity=0.0)


def scene_of(score: int, zone: str = "R-ant-sup") -> Scene:
    settings = PhantomSettings()
    return draw_scene(settings, draw_patient(settings, 5), zone, score)


@pytest.fixture
def healthy() -> Scene:
    return replace(scene_of(0), artefacts=())


def levels(scene: Scene, beam: int, width: int = 3) -> np.ndarray:
    """Level in dB over depth below the pleura around one beam, smoothed over 10 mm."""
    runs = [paint_lung(np.random.default_rng(seed), scene).first for seed in range(6)]
    power = np.mean([np.abs(run[:, beam - width : beam + width]) ** 2 for run in runs], (0, 2))
    rows = int(10 / scene.grid.row_step)
    return 10 * np.log10(np.convolve(power, np.ones(rows) / rows, "same"))


def test_a_b_line_reaches_the_bottom_without_fading_and_a_comet_tail_does_not(
    healthy: Scene,
) -> None:
    beam = healthy.window.lung_beams // 2
    below = canvas_depths(healthy.grid)
    shallow, deep = np.abs(below - 20) < 5, np.abs(below - 65) < 5
    line = VerticalArtefact(beam, 10, 8.0)
    with_line = levels(replace(healthy, artefacts=(line,)), beam)
    assert with_line[deep].mean() == pytest.approx(with_line[shallow].mean(), abs=1.5)
    assert with_line[deep].mean() == pytest.approx(8, abs=2)
    with_tail = levels(replace(healthy, artefacts=(replace(line, length=5.0),)), beam)
    assert with_tail[deep].mean() == pytest.approx(levels(healthy, beam)[deep].mean(), abs=1)


@pytest.mark.parametrize("zone", ["R-ant-sup", "L-post-inf"])
def test_white_lung_is_bright_to_the_bottom_and_erases_all_reverberations(zone: str) -> None:
    scene = replace(scene_of(3, zone), consolidations=(), artefacts=())
    assert (paint_lung(np.random.default_rng(0), scene).erased == 1).all()
    course = levels(scene, scene.window.lung_beams // 2, width=15)
    below = canvas_depths(scene.grid)
    deep = course[np.abs(below - 60) < 5].mean()
    assert deep == pytest.approx(course[np.abs(below - 25) < 5].mean(), abs=2)
    assert deep > scene.levels.haze + 3


def test_a_consolidation_is_darker_than_the_lung_around_it_and_casts_a_bright_border() -> None:
    scene = scene_of(2)
    found = replace(scene.consolidations[0], thickness=9.0, half_width=10.0, ragged=0.0)
    course = []
    for seed in range(12):
        canvas = paint_lung(np.random.default_rng(seed), replace(scene, consolidations=(found,)))
        centre = int(found.centre)
        course.append(np.abs(canvas.first[:, centre - 3 : centre + 4]) ** 2)
    level = 10 * np.log10(np.mean(course, axis=(0, 2)))
    below = canvas_depths(scene.grid)
    inside = level[(below > 3.5) & (below < 6.5)].mean()
    assert level[np.abs(below - 9) < 1].max() > inside + 10
    assert level[(below > 14) & (below < 20)].mean() > inside + 5


def test_a_large_consolidation_has_a_ragged_border_and_bronchograms_inside() -> None:
    found = Consolidation(45, 12, thickness=20, level=-8, ragged=0.2, bronchograms=8)
    border = found.border(np.random.default_rng(0), 90, 1.5)
    smooth = replace(found, ragged=0.0).border(np.random.default_rng(0), 90, 1.5)
    assert np.abs(border - smooth).max() > 0.5
    assert not border[:33].any()
    assert not border[58:].any()
    below = np.linspace(-6, 60, 200).astype(np.float32)
    mask = bronchogram_mask(np.random.default_rng(0), found, below, border, 1.5)
    assert mask.any()
    assert not mask[below[:, None] >= border].any()
    assert not mask[below <= 0].any()


def line(signs: Signs, seed: int = 0, cover: float = 0.0) -> np.ndarray:
    """Level in dB of a pleural line, shape (rows, beams)."""
    scene = scene_of(0)
    levels = replace(scene.levels, pleura=20.0)
    scene = replace(scene, grid=GRID, window=WINDOW, levels=levels, signs=signs)
    covers = np.full(WINDOW.lung_beams, cover, dtype=np.float32)
    drawn = pleural_line(np.random.default_rng(seed), scene, covers)
    return 20 * np.log10(np.abs(drawn) + 1e-9)


def test_a_smooth_line_is_even_thin_and_in_its_place_and_an_irregular_one_is_not() -> None:
    below = canvas_depths(GRID)
    smooth, rough = line(SMOOTH), line(replace(SMOOTH, irregularity=0.9))
    assert np.abs(below[smooth.argmax(axis=0)]).max() < GRID.row_step
    assert smooth.max(axis=0).mean() == pytest.approx(20, abs=1.5)
    assert smooth.max(axis=0).std() < 3 < rough.max(axis=0).std()
    assert below[rough.argmax(axis=0)].std() > 0.3


@pytest.mark.parametrize("seed", range(5))
def test_a_broken_line_has_a_gap_that_stays_in_view(seed: int) -> None:
    gap = np.flatnonzero(line(replace(SMOOTH, breaks=1), seed).max(axis=0) < 6)
    assert 3 <= len(gap) <= 16
    assert set(gap) & set(WINDOW.always_visible())
