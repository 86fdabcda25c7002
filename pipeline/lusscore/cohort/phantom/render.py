"""Rendering a clip: from a scene to echoes to frames."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lusscore.cohort.phantom.arrays import ByteArray, ComplexArray
from lusscore.cohort.phantom.chest_wall import wall_echoes
from lusscore.cohort.phantom.display import colour_map
from lusscore.cohort.phantom.keys import keyed_generator
from lusscore.cohort.phantom.lung import paint_lung
from lusscore.cohort.phantom.mark import synthetic_mark
from lusscore.cohort.phantom.noise import frame_noise, noise_bank
from lusscore.cohort.phantom.patients import Patient, draw_patient
from lusscore.cohort.phantom.pleural_line import still_line
from lusscore.cohort.phantom.reverberation import reverberations
from lusscore.cohort.phantom.ribs import rib_shadow
from lusscore.cohort.phantom.scan_conversion import make_scan_converter
from lusscore.cohort.phantom.scene import Scene, draw_scene
from lusscore.cohort.phantom.settings import PROTOCOL, PhantomSettings
from lusscore.cohort.phantom.sliding import cut_beams, make_depth_lookup, slide
from lusscore.cohort.protocols import MAXIMUM_ZONE_SCORE, get_protocol
from lusscore.errors import CohortError


def render_clip(settings: PhantomSettings, patient: int, zone: str, score: int) -> ByteArray:
    """Render one clip.

    Parameters
    ----------
    settings
        Seed, size, number of frames and difficulty.
    patient
        Number of the patient, from 1; it need not be within ``settings.patients``.
    zone
        A zone of the protocol.
    score
        The score, 0–3, whose signs the clip shows.

    Returns
    -------
    ndarray of uint8, shape (settings.frames, settings.size, settings.size, 3)
        RGB. Every frame is a function of seed, patient, zone, score and its time alone.

    Raises
    ------
    CohortError
        If there is no such zone or score.
    """
    zones = get_protocol(PROTOCOL).zone_names
    if zone not in zones:
        raise CohortError(
            f"The phantom has no zone {zone!r}; expected one of {PROTOCOL}: {', '.join(zones)}."
        )
    if not 0 <= score <= MAXIMUM_ZONE_SCORE:
        raise CohortError(f"The phantom cannot show a score of {score}; expected 0, 1, 2 or 3.")
    person = draw_patient(settings, patient)
    scene = draw_scene(settings, person, zone, score)
    converter = make_scan_converter(scene.grid, settings.size)
    pixels = np.flatnonzero(converter.sector)
    colours = colour_map(scene.display, scene.grid.probe)
    rows, columns, mark = synthetic_mark(settings.size)
    frames = np.zeros((settings.frames, settings.size, settings.size, 3), dtype=np.uint8)
    for frame, echoes in zip(frames, beam_frames(settings, person, zone, scene), strict=True):
        level = converter.convert(scene.display.compress(echoes))
        shade = (level * (len(colours) - 1)).astype(np.intp)
        frame.reshape(-1, 3)[pixels] = colours.take(shade, axis=0)
        frame[rows, columns] = mark[..., None]
    return frames


def beam_frames(
    settings: PhantomSettings, patient: Patient, zone: str, scene: Scene
) -> Iterator[ComplexArray]:
    """Yield the baseband echoes of every frame in beam coordinates.

    Yields
    ------
    ndarray of complex64, shape (scene.grid.rows, scene.grid.beams)
    """

    def rng(purpose: str) -> np.random.Generator:
        return keyed_generator(settings.seed, patient.number, zone, purpose)

    grid, display, motion = scene.grid, scene.display, scene.motion
    wide = grid.widened(scene.drift)
    shadow = rib_shadow(scene.ribs, wide, scene.pleura.depth)
    wall = wall_echoes(rng("wall"), wide, scene.tissue, scene.pleura, scene.ribs) * shadow
    # an uneven pleura scatters, so less comes back to be repeated
    mirrored = scene.haze.pleura - 8 * scene.signs.irregularity
    line = still_line(rng("still-line"), wide, scene.pleura, mirrored)
    ghosts = reverberations(wall + line, wide, scene.pleura, scene.loss) * shadow
    canvas = paint_lung(rng("lung"), scene)
    lookup = make_depth_lookup(wide, scene.pleura)
    facing = shadow * (0.45 + 0.55 * scene.pleura.mirror)[None, :]
    gain = display.gain_curve(grid.depths())[:, None]
    noise = noise_bank(rng("noise"), grid, display)
    for number in range(settings.frames):
        time = number / settings.fps
        lung, erased = slide(canvas, scene.window, motion, time)
        echoes = wall + lookup.place(lung) * facing + ghosts * (1 - erased)[None, :]
        start = scene.drift + motion.drift(time) * scene.window.beams_per_mm
        seen = cut_beams(echoes * scene.coupling[None, :], start, grid.beams)
        yield seen * gain + frame_noise(noise, number)
