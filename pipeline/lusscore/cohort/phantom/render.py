"""Rendering a clip: from a scene to echoes, to frames, to an MP4 file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from lusscore.cohort.phantom.beams import ByteArray, ComplexArray, keyed_generator
from lusscore.cohort.phantom.chest_wall import reverberations, rib_shadow, still_line, wall_echoes
from lusscore.cohort.phantom.display import (
    ScanConverter,
    colour_map,
    frame_noise,
    noise_bank,
    synthetic_mark,
)
from lusscore.cohort.phantom.lung import PleuraLookup, cut_beams, paint_lung, slide
from lusscore.cohort.phantom.patients import Patient, PhantomSettings, draw_patient
from lusscore.cohort.phantom.scene import Scene, draw_scene

FRAMES_PER_SECOND = 15
# one thread, and no dates or versions in the file: the same bytes every time
_ENCODER = {"preset": "superfast", "crf": "20", "threads": "1", "x264-params": "threads=1"}


def render_clip(settings: PhantomSettings, patient: int, zone: str, score: int) -> ByteArray:
    """Render the clip of a patient (number from 1) and a zone of the protocol.

    Returns
    -------
    ndarray of uint8, shape (settings.frames, settings.size, settings.size, 3)
        RGB, with the signs of `score`, 0–3. Every frame is a function of seed, patient, zone,
        score and its time alone.
    """
    person = draw_patient(settings, patient)
    scene = draw_scene(settings, person, zone, score)
    converter = ScanConverter(scene.grid, settings.size)
    pixels = np.flatnonzero(converter.sector)
    colours = colour_map(person.probe)
    rows, columns, mark = synthetic_mark(settings.size)
    frames = np.zeros((settings.frames, settings.size, settings.size, 3), dtype=np.uint8)
    for frame, echoes in zip(frames, beam_frames(settings, person, zone, scene), strict=True):
        level = converter.convert(scene.display.compress(echoes, person.probe.grain))
        shade = (level * (len(colours) - 1)).astype(np.intp)
        frame.reshape(-1, 3)[pixels] = colours.take(shade, axis=0)
        frame[rows, columns] = mark[..., None]
    return frames


def beam_frames(
    settings: PhantomSettings, patient: Patient, zone: str, scene: Scene
) -> Iterator[ComplexArray]:
    """Yield the echoes of every frame, each of shape (scene.grid.rows, scene.grid.beams)."""

    def rng(purpose: str) -> np.random.Generator:
        return keyed_generator(settings.seed, patient.number, zone, purpose)

    grid, display, motion = scene.grid, scene.display, scene.motion
    wide = grid.widened(scene.drift)
    shadow = rib_shadow(scene.ribs, wide, scene.pleura.depth)
    wall = wall_echoes(rng("wall"), wide, scene.tissue, scene.pleura, scene.ribs) * shadow
    # an uneven pleura scatters, so less comes back to be repeated
    mirrored = scene.levels.pleura - 8 * scene.signs.irregularity
    line = still_line(rng("still-line"), wide, scene.pleura, mirrored)
    ghosts = reverberations(wall + line, wide, scene.pleura, scene.levels.loss) * shadow
    canvas = paint_lung(rng("lung"), scene)
    lookup = PleuraLookup(wide, scene.pleura)
    facing = shadow * (0.45 + 0.55 * scene.pleura.mirror)[None, :]
    gain = display.gain_curve(grid.depths())[:, None]
    noise = noise_bank(rng("noise"), grid, display)
    for number in range(settings.frames):
        time = number / FRAMES_PER_SECOND
        lung, erased = slide(canvas, scene.window, motion, time)
        echoes = wall + lookup.place(lung) * facing + ghosts * (1 - erased)[None, :]
        start = scene.drift + motion.drift(time) * scene.window.beams_per_mm
        seen = cut_beams(echoes * scene.coupling[None, :], start, grid.beams)
        yield seen * gain + frame_noise(noise, number)


def write_video(path: Path, frames: ByteArray) -> None:
    """Encode RGB frames, shape (frames, height, width, 3), as H.264 in an MP4 without dates."""
    import av

    with av.open(str(path), "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libx264", rate=FRAMES_PER_SECOND, options=_ENCODER)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        stream.thread_count = 1
        for number, image in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
