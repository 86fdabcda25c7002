"""All that is drawn at random about one clip before it is rendered."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lusscore.cohort.phantom.arrays import BoolArray, FloatArray
from lusscore.cohort.phantom.chest_wall import WallTissue
from lusscore.cohort.phantom.consolidation import Consolidation, draw_consolidations
from lusscore.cohort.phantom.coupling import draw_coupling
from lusscore.cohort.phantom.display import Display
from lusscore.cohort.phantom.grid import BeamGrid, make_grid
from lusscore.cohort.phantom.haze import Haze
from lusscore.cohort.phantom.keys import keyed_generator
from lusscore.cohort.phantom.motion import Motion, draw_motion
from lusscore.cohort.phantom.patients import Patient
from lusscore.cohort.phantom.pleura import Pleura, draw_pleura
from lusscore.cohort.phantom.ribs import Rib, draw_ribs, rib_shadow
from lusscore.cohort.phantom.settings import PhantomSettings
from lusscore.cohort.phantom.signs import Signs, draw_signs
from lusscore.cohort.phantom.vertical import VerticalArtefact, draw_vertical_artefacts
from lusscore.cohort.phantom.window import Window


@dataclass(frozen=True)
class Scene:
    """What one clip shows and how it is recorded.

    Attributes
    ----------
    grid
        Beam coordinates of the view.
    drift
        Beams by which the anatomy is wider than the view on either side.
    tissue, pleura, ribs
        The chest wall; `pleura` segments the view and `drift`.
    signs, artefacts, consolidations, haze
        The lung.
    window
        Which part of the lung can come into view.
    motion, display
        Movement and the device's settings.
    loss
        Loss of a reverberation per trip in dB.
    coupling
        Amplitude that every beam of the anatomy keeps.
    """

    grid: BeamGrid
    drift: int
    tissue: WallTissue
    pleura: Pleura
    ribs: tuple[Rib, ...]
    signs: Signs
    artefacts: tuple[VerticalArtefact, ...]
    consolidations: tuple[Consolidation, ...]
    haze: Haze
    window: Window
    motion: Motion
    display: Display
    loss: float
    coupling: FloatArray


def draw_scene(settings: PhantomSettings, patient: Patient, zone: str, score: int) -> Scene:
    """Draw the scene of one clip, whose signs have the given score."""

    def rng(purpose: str) -> np.random.Generator:
        return keyed_generator(settings.seed, patient.number, zone, purpose)

    setup = rng("setup")
    probe = patient.probe
    tissue = replace(
        patient.tissue,
        thickness=patient.tissue.thickness * float(setup.uniform(0.88, 1.12)),
        texture=patient.tissue.texture * float(setup.uniform(0.85, 1.15)),
    )
    grid = make_grid(probe, float(setup.uniform(*probe.depths)), settings.size)
    density = grid.beams_of(1.0, tissue.thickness)
    motion = draw_motion(rng("motion"))
    drift = int(np.ceil(motion.tremor * density)) + 1
    wide = grid.widened(drift)
    pleura = draw_pleura(rng("pleura"), wide, tissue.thickness)
    ribs = draw_ribs(rng("ribs"), wide, tissue.thickness)
    coupling = draw_coupling(rng("coupling"), wide)
    visible = _visible(wide, drift, pleura, ribs, coupling)
    # some of the lung has to stay in view, so that its signs show in every frame
    reach = min(int(np.ceil(motion.reach * density)), _longest_run(visible) // 3)
    motion = replace(motion, reach=min(motion.reach, reach / density))
    window = Window(visible, reach + 2, reach, density)
    signs = draw_signs(rng("signs"), score, settings.overlap)
    haze, loss = _draw_levels(rng("levels"), settings.visibility)
    return Scene(
        grid=grid,
        drift=drift,
        tissue=tissue,
        pleura=pleura,
        ribs=ribs,
        signs=signs,
        artefacts=draw_vertical_artefacts(rng("vertical"), signs, window, haze.stand_out),
        consolidations=draw_consolidations(
            rng("consolidation"), signs, window, grid.depth - tissue.thickness, haze.stand_out
        ),
        haze=haze,
        window=window,
        motion=motion,
        display=_draw_display(rng("display"), patient, grid, settings.noise),
        loss=loss,
        coupling=coupling,
    )


def _visible(
    grid: BeamGrid, drift: int, pleura: Pleura, ribs: tuple[Rib, ...], coupling: FloatArray
) -> BoolArray:
    """Beams that stay in view and reach the pleura with half the amplitude of the best one."""
    below = np.rint(pleura.depth / grid.row_step).astype(int) + 2
    shadow = rib_shadow(ribs, grid, pleura.depth)
    reaching = coupling * shadow[np.minimum(below, grid.rows - 1), np.arange(grid.beams)]
    inner = np.arange(grid.beams)
    inner_view = (inner >= 2 * drift) & (inner < grid.beams - 2 * drift)
    visible: BoolArray = inner_view & (reaching > 0.5 * reaching[inner_view].max())
    return visible


def _longest_run(mask: BoolArray) -> int:
    """Length of the longest stretch of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return int(np.max(edges[1::2] - edges[::2]))


def _draw_levels(rng: np.random.Generator, visibility: float) -> tuple[Haze, float]:
    """Draw the lung's levels and the loss of a reverberation per trip, in dB."""
    level, loss = float(rng.uniform(-11, 1)), float(rng.uniform(7, 15))
    # B-lines have to stand out from the haze and from the chest wall's ghosts
    stand_out = max(level, 1 - loss) + visibility
    haze = Haze(
        level=level,
        decay=float(rng.uniform(6, 20)),
        stand_out=stand_out,
        white=stand_out + float(rng.uniform(4, 8)),
        pleura=float(rng.uniform(16, 25)),
    )
    return haze, loss


def _draw_display(
    rng: np.random.Generator, patient: Patient, grid: BeamGrid, noise: float
) -> Display:
    """Draw the device's settings around those the patient was scanned with."""
    return Display(
        white=41.0 - patient.gain + float(rng.normal(0, 1.5)),
        dynamic_range=patient.dynamic_range,
        grain=grid.probe.grain,
        gamma=1.25,
        tilt=float(rng.normal(-2, 6)) / grid.depth,
        noise=-42.0 + noise + float(rng.normal(0, 2)),
    )
