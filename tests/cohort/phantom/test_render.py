"""Clips: what the frames show, and the files they are written to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from lusscore.cohort import PhantomSettings
from lusscore.cohort.phantom.display import ScanConverter, synthetic_mark
from lusscore.cohort.phantom.patients import draw_patient
from lusscore.cohort.phantom.render import beam_frames, render_clip, write_video
from lusscore.cohort.phantom.scene import Motion, Scene, draw_scene
from lusscore.cohort.phantom.signs import VerticalArtefact

SETTINGS = PhantomSettings(frames=8)
ZONE = "R-lat-inf"


def scene_of(patient: int, score: int) -> Scene:
    return draw_scene(SETTINGS, draw_patient(SETTINGS, patient), ZONE, score)


def frames_of(patient: int, scene: Scene) -> np.ndarray:
    return np.abs(list(beam_frames(SETTINGS, draw_patient(SETTINGS, patient), ZONE, scene)))


def displacement(before: np.ndarray, after: np.ndarray, most: int) -> int:
    """Shift in beams that makes two textures, shape (rows, beams), agree best."""
    before = before - before.mean(axis=1, keepdims=True)
    after = after - after.mean(axis=1, keepdims=True)
    inner = slice(most, before.shape[1] - most)
    scores = [
        np.sum(before[:, inner] * after[:, most + shift : before.shape[1] - most + shift])
        for shift in range(-most, most + 1)
    ]
    return int(np.argmax(scores)) - most


def test_frames_are_rgb_bytes_of_the_size_asked_for(small: PhantomSettings) -> None:
    clip = render_clip(small, 1, ZONE, 1)
    assert clip.shape == (3, 96, 96, 3)
    assert clip.dtype == np.uint8
    assert clip.max() > 100


def test_a_frame_does_not_depend_on_how_many_frames_or_patients_there_are(
    small: PhantomSettings,
) -> None:
    longer = replace(small, frames=6, patients=40, covid=20)
    assert np.array_equal(render_clip(small, 2, ZONE, 2), render_clip(longer, 2, ZONE, 2)[:3])


@pytest.mark.parametrize(
    "change", [{"seed": 5}, {"patient": 2}, {"zone": "L-lat-inf"}, {"score": 2}]
)
def test_seed_patient_zone_and_score_each_change_the_clip(
    small: PhantomSettings, change: dict[str, int | str]
) -> None:
    chosen = {"seed": 4, "patient": 1, "zone": ZONE, "score": 1} | change
    seed = int(chosen.pop("seed"))
    other = render_clip(replace(small, seed=seed), **chosen)  # type: ignore[arg-type]
    assert not np.array_equal(render_clip(small, 1, ZONE, 1), other)


@pytest.mark.parametrize("patient", [1, 2, 5])
def test_outside_the_sector_all_is_black_but_for_the_mark(patient: int) -> None:
    clip = render_clip(replace(SETTINGS, frames=2), patient, ZONE, 3)
    rows, columns, mark = synthetic_mark(256)
    assert (clip[:, rows, columns] == mark[..., None]).all()
    outside = ~ScanConverter(scene_of(patient, 3).grid, 256).sector
    outside[rows, columns] = False
    assert not clip[:, outside].any()


@pytest.mark.parametrize("patient", [1, 2, 5])
def test_the_lung_slides_while_the_chest_wall_stays(patient: int) -> None:
    scene = scene_of(patient, 2)
    density = scene.window.beams_per_mm
    motion = Motion(min(scene.window.reach / density, 4), 0.4, 0.0, 0.0, 0.5, 0.0)
    scene = replace(scene, motion=motion, ribs=())
    frames = frames_of(patient, scene)
    depths, shift = scene.grid.depths(), round(motion.sliding(5 / 15) * density)
    assert shift >= 2
    wall = depths < 0.8 * scene.pleura.depth.min()
    lung = (depths > scene.pleura.depth.max() + 2) & (depths < 0.9 * scene.grid.depth)
    most = scene.window.reach + 3
    assert displacement(frames[0, wall], frames[5, wall], most) == 0
    # averaged over depth only what follows the beam is left: the vertical artefacts
    before, after = (frames[n, lung].mean(axis=0, keepdims=True) for n in (0, 5))
    assert displacement(before, after, most) == pytest.approx(-shift, abs=1)


def test_a_b_line_erases_the_a_lines_below_it() -> None:
    scene = scene_of(5, 0)
    window = scene.window
    beam = int(np.median(window.always_visible()))
    # too weak to be seen itself, so that only what it erases shows
    line = VerticalArtefact(beam, 10 * window.beams_per_mm, level=-60.0)
    motion = replace(scene.motion, reach=0.0, tremor=0.0)
    levels = replace(scene.levels, haze=-40.0, loss=7.0)
    pleura = replace(scene.pleura, mirror=np.ones_like(scene.pleura.mirror))
    scene = replace(scene, ribs=(), levels=levels, motion=motion, pleura=pleura, artefacts=())
    view = beam - window.margin - scene.drift
    column = slice(view - 2, view + 3)
    near = np.abs(scene.grid.depths() / pleura.depth[view + scene.drift] - 2) < 0.1
    without = frames_of(5, scene)[:, near, column].max()
    erased = frames_of(5, replace(scene, artefacts=(line,)))[:, near, column].max()
    assert 20 * np.log10(without / erased) > 15


@pytest.fixture(scope="module")
def clip() -> np.ndarray:
    return render_clip(PhantomSettings(frames=5, size=128), 1, "R-ant-sup", 1)


def test_a_file_shows_the_frames_and_has_no_date(tmp_path: Path, clip: np.ndarray) -> None:
    write_video(tmp_path / "clip.mp4", clip)
    with av.open(str(tmp_path / "clip.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert stream.average_rate == 15
        assert "creation_time" not in {*container.metadata, *stream.metadata}
        read = np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(stream)])
    assert read.shape == clip.shape
    assert np.abs(read.astype(int) - clip).mean() < 4


def test_the_same_frames_give_the_same_bytes(tmp_path: Path, clip: np.ndarray) -> None:
    for name in ("a.mp4", "b.mp4"):
        write_video(tmp_path / name, clip)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
