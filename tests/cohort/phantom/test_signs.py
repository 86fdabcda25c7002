"""Each score shows its signs in every frame, at any phase of breathing, whatever the seed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lusscore.cohort import PhantomSettings, get_protocol
from lusscore.cohort.phantom.patients import draw_patient
from lusscore.cohort.phantom.scene import Scene, draw_scene
from lusscore.cohort.phantom.signs import (
    HALF,
    VerticalArtefact,
    Window,
    covered,
    draw_consolidations,
    draw_signs,
    draw_vertical_artefacts,
)

BASE = -3.0
KEYS = {
    "seed": st.integers(0, 2**16),
    "patient": st.integers(1, 999),
    "zone": st.sampled_from(get_protocol("lus-12").zone_names),
    "size": st.sampled_from((96, 256)),
}


def scene_of(seed: int, patient: int, zone: str, size: int, score: int) -> Scene:
    chosen = PhantomSettings(seed=seed, size=size)
    return draw_scene(chosen, draw_patient(chosen, patient), zone, score)


@settings(max_examples=60, deadline=None)
@given(**KEYS)
def test_the_rubric_holds_at_every_phase_of_breathing(
    seed: int, patient: int, zone: str, size: int
) -> None:
    scenes = [scene_of(seed, patient, zone, size, score) for score in range(4)]
    shares = [covered(scene.artefacts, scene.window) for scene in scenes]
    assert sum(artefact.length is None for artefact in scenes[0].artefacts) <= 2
    assert 0 < shares[1][0] <= shares[1][1] <= HALF < shares[2][0]
    assert not scenes[0].consolidations + scenes[1].consolidations
    assert scenes[2].consolidations[0].centre in scenes[2].window.always_visible()
    assert [scene.signs.breaks > 0 for scene in scenes[:3]] == [False, False, True]
    rough = [scene.signs.irregularity for scene in scenes]
    assert rough[0] <= 0.3 < min(rough[1:])


@settings(max_examples=60, deadline=None)
@given(**KEYS)
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
        assert scene.levels == scenes[0].levels
        assert np.array_equal(scene.pleura.depth, scenes[0].pleura.depth)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    """Views in which a run of 30 beams or more is free."""
    beams = draw(st.integers(50, 160))
    start = draw(st.integers(0, beams - 40))
    stop = draw(st.integers(start + 30, beams))
    visible = np.zeros(beams, dtype=bool)
    visible[start:stop] = True
    reach = draw(st.integers(0, (stop - start) // 3))
    return Window(visible, reach + 2, reach, draw(st.floats(0.8, 3.0)))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), window=windows())
def test_vertical_artefacts_keep_the_rubric_in_any_window_and_stand_out(
    seed: int, window: Window
) -> None:
    rng = np.random.default_rng(seed)
    drawn = [
        draw_vertical_artefacts(rng, draw_signs(rng, score), window, BASE) for score in range(4)
    ]
    assert sum(artefact.length is None for artefact in drawn[0]) <= 2
    least, most = covered(drawn[1], window)
    assert 0 < least <= most <= HALF < covered(drawn[2], window)[0]
    assert all(artefact.level > BASE for artefacts in drawn for artefact in artefacts)


def test_coverage_follows_the_sliding_lung_and_leaves_out_comet_tails() -> None:
    visible = np.zeros(30, dtype=bool)
    visible[10:20] = True
    window = Window(visible, margin=5, reach=3, beams_per_mm=1.0)
    # over beams 22 to 24 of the lung, which are 17 to 19 of the view where nothing moves
    line = VerticalArtefact(centre=23, width=2.2, level=0)
    tail = VerticalArtefact(centre=18, width=9, level=0, length=5)
    assert covered([line, tail], window) == (0.0, pytest.approx(0.3))
    assert covered([tail], window) == (0.0, 0.0)
    profile = VerticalArtefact(centre=20, width=8, level=0).profile(41)
    assert profile[[16, 20, 24]] == pytest.approx([0.5, 1, 0.5], abs=1e-5)


@given(visible=st.lists(st.booleans(), min_size=8, max_size=60), reach=st.integers(0, 10))
def test_always_visible_beams_are_in_view_at_every_displacement(
    visible: list[bool], reach: int
) -> None:
    view = np.asarray(visible)
    window = Window(view, margin=reach + 2, reach=reach, beams_per_mm=1.0)
    padded = np.pad(view, window.margin + reach)
    wanted = [
        beam for beam in range(window.lung_beams) if padded[beam : beam + 2 * reach + 1].all()
    ]
    assert window.always_visible().tolist() == wanted


def test_small_consolidations_are_dark_and_large_ones_hold_air_bronchograms() -> None:
    window = Window(np.ones(90, dtype=bool), margin=8, reach=6, beams_per_mm=1.5)
    large = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        small, *_ = draw_consolidations(rng, draw_signs(rng, 2), window, room=80.0, base=BASE)
        assert 5 <= small.thickness <= 11
        assert small.level < BASE - 7
        drawn = draw_consolidations(rng, draw_signs(rng, 3), window, room=80.0, base=BASE)
        large += [one for one in drawn if one.bronchograms]
    assert 5 < len(large) < 25
    assert all(one.thickness >= 14 for one in large)
    assert all(2 * one.half_width / window.beams_per_mm >= 16 for one in large)
