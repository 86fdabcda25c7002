from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lusscore.cohort.phantom.patients import draw_patient
from lusscore.cohort.phantom.scene import Scene, draw_scene
from lusscore.cohort.phantom.settings import PhantomSettings
from lusscore.cohort.phantom.signs import HALF
from lusscore.cohort.phantom.vertical import covered
from lusscore.cohort.protocols import get_protocol

keys = {
    "seed": st.integers(0, 2**16),
    "patient": st.integers(1, 999),
    "zone": st.sampled_from(get_protocol("lus-12").zone_names),
    "size": st.sampled_from((96, 256)),
}


def scene_of(seed: int, patient: int, zone: str, size: int, score: int) -> Scene:
    chosen = PhantomSettings(seed=seed, size=size, overlap=1.0)
    return draw_scene(chosen, draw_patient(chosen, patient), zone, score)


@settings(max_examples=60, deadline=None)
@given(**keys)
def test_the_rubric_holds_at_every_phase_of_breathing(
    seed: int, patient: int, zone: str, size: int
) -> None:
    scenes = [scene_of(seed, patient, zone, size, score) for score in range(4)]
    b_lines = [sum(artefact.length is None for artefact in scene.artefacts) for scene in scenes]
    shares = [covered(scene.artefacts, scene.window) for scene in scenes]
    assert b_lines[0] <= 2
    assert shares[1][0] > 0
    assert shares[1][1] <= HALF
    assert shares[2][0] > HALF
    assert scenes[3].signs.white
    assert not scenes[0].consolidations
    assert not scenes[1].consolidations
    places = scenes[2].window.always_visible()
    assert scenes[2].consolidations[0].centre in places


@settings(max_examples=60, deadline=None)
@given(**keys)
def test_some_lung_stays_in_view_and_none_is_missing(
    seed: int, patient: int, zone: str, size: int
) -> None:
    scene = scene_of(seed, patient, zone, size, 1)
    assert len(scene.window.always_visible()) > 0
    assert scene.motion.reach * scene.window.beams_per_mm <= scene.window.reach + 1e-6
    assert scene.motion.tremor * scene.window.beams_per_mm <= scene.drift
    assert scene.pleura.depth.min() > 3
    assert scene.pleura.depth.max() < 0.8 * scene.grid.depth


def test_probe_build_ribs_and_course_do_not_depend_on_the_score() -> None:
    scenes = [scene_of(0, 3, "L-lat-inf", 256, score) for score in range(4)]
    for scene in scenes[1:]:
        assert scene.ribs == scenes[0].ribs
        assert scene.display == scenes[0].display
        assert scene.motion == scenes[0].motion
        assert scene.haze == scenes[0].haze
        assert np.array_equal(scene.pleura.depth, scenes[0].pleura.depth)


def test_visibility_and_noise_make_it_harder() -> None:
    easy, hard = PhantomSettings(), PhantomSettings(visibility=-5, noise=6)
    patient = draw_patient(easy, 1)
    first = draw_scene(easy, patient, "R-ant-sup", 2)
    second = draw_scene(hard, patient, "R-ant-sup", 2)
    assert second.display.noise == pytest.approx(first.display.noise + 6)
    assert second.haze.white == pytest.approx(first.haze.white - 5)
    levels = [max(artefact.level for artefact in scene.artefacts) for scene in (first, second)]
    assert levels[1] == pytest.approx(levels[0] - 5)
