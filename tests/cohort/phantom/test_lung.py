from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lusscore.cohort.phantom.lung import canvas_depths, paint_lung
from lusscore.cohort.phantom.patients import draw_patient
from lusscore.cohort.phantom.scene import Scene, draw_scene
from lusscore.cohort.phantom.settings import PhantomSettings
from lusscore.cohort.phantom.vertical import VerticalArtefact

SETTINGS = PhantomSettings()


@pytest.fixture
def healthy() -> Scene:
    scene = draw_scene(SETTINGS, draw_patient(SETTINGS, 5), "R-ant-sup", 0)
    return replace(scene, artefacts=())


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
    tail = replace(line, length=5.0)
    with_tail = levels(replace(healthy, artefacts=(tail,)), beam)
    assert with_tail[deep].mean() == pytest.approx(levels(healthy, beam)[deep].mean(), abs=1)


def test_b_lines_erase_reverberations_where_they_are_and_comet_tails_do_not(
    healthy: Scene,
) -> None:
    beam = healthy.window.lung_beams // 2
    lines = (VerticalArtefact(beam, 8, 5.0), VerticalArtefact(beam + 20, 8, 5.0, length=4.0))
    erased = paint_lung(np.random.default_rng(0), replace(healthy, artefacts=lines)).erased
    assert erased[beam] == pytest.approx(1, abs=0.01)
    assert erased[beam + 20] < 0.01
    assert erased[beam - 15] < 0.01


@pytest.mark.parametrize("zone", ["R-ant-sup", "L-post-inf"])
def test_white_lung_is_bright_to_the_bottom_and_erases_all_reverberations(zone: str) -> None:
    scene = draw_scene(SETTINGS, draw_patient(SETTINGS, 5), zone, 3)
    scene = replace(scene, consolidations=(), artefacts=())
    assert (paint_lung(np.random.default_rng(0), scene).erased == 1).all()
    course = levels(scene, scene.window.lung_beams // 2, width=15)
    below = canvas_depths(scene.grid)
    deep = course[np.abs(below - 60) < 5].mean()
    assert deep == pytest.approx(course[np.abs(below - 25) < 5].mean(), abs=2)
    assert deep > scene.haze.level + 3


def test_a_consolidation_is_darker_than_the_lung_around_it_and_casts_a_bright_border() -> None:
    scene = draw_scene(SETTINGS, draw_patient(SETTINGS, 5), "R-ant-sup", 2)
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
