"""All that is drawn at random about one clip before it is rendered."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from lusscore.cohort.phantom.beams import (
    BeamGrid,
    BoolArray,
    FloatArray,
    keyed_generator,
    make_grid,
)
from lusscore.cohort.phantom.chest_wall import (
    Pleura,
    Rib,
    draw_coupling,
    draw_pleura,
    draw_ribs,
    rib_shadow,
)
from lusscore.cohort.phantom.display import Display
from lusscore.cohort.phantom.patients import Patient, PhantomSettings, WallTissue
from lusscore.cohort.phantom.signs import (
    Consolidation,
    Signs,
    VerticalArtefact,
    Window,
    draw_consolidations,
    draw_signs,
    draw_vertical_artefacts,
)


@dataclass(frozen=True)
class Motion:
    """What moves in a clip: the lung with breathing, the probe with the hand."""

    reach: float  # largest displacement of the lung along the pleura either way, mm
    rate: float  # breaths per second
    phase: float  # of breathing at time 0, radians
    tremor: float  # largest displacement of the probe over the chest wall either way, mm
    tremor_rate: float  # Hz
    tremor_phase: float  # radians

    def sliding(self, time: float) -> float:
        """Displacement of the lung against the chest wall in mm at `time` seconds."""
        return self.reach * float(np.sin(2 * np.pi * self.rate * time + self.phase))

    def drift(self, time: float) -> float:
        """Displacement of everything against the probe in mm at `time` seconds."""
        return self.tremor * float(np.sin(2 * np.pi * self.tremor_rate * time + self.tremor_phase))

    def turnover(self, time: float) -> float:
        """Angle in radians by which out-of-plane movement has renewed the lung's speckle."""
        return 4.0 * time + 0.5 * self.sliding(time)


@dataclass(frozen=True)
class Levels:
    """Levels of the lung's echoes, in dB relative to muscle."""

    loss: float  # of a reverberation per trip
    haze: float  # aerated lung right below the pleura
    decay: float  # loss from there to the bottom of the image
    base: float  # what B-lines and comet tails rise above
    white: float  # white lung
    pleura: float  # pleural line where it is smooth


@dataclass(frozen=True)
class Scene:
    """What one clip shows and how it is recorded."""

    grid: BeamGrid  # of the view
    drift: int  # beams by which the anatomy is wider than the view on either side
    tissue: WallTissue
    pleura: Pleura  # of the view and `drift`
    ribs: tuple[Rib, ...]
    coupling: FloatArray  # amplitude that every beam of the anatomy keeps
    signs: Signs
    artefacts: tuple[VerticalArtefact, ...]
    consolidations: tuple[Consolidation, ...]
    levels: Levels
    window: Window
    motion: Motion
    display: Display


def draw_scene(settings: PhantomSettings, patient: Patient, zone: str, score: int) -> Scene:
    """Draw the scene of one clip, whose signs have the given score."""

    def rng(purpose: str) -> np.random.Generator:
        return keyed_generator(settings.seed, patient.number, zone, purpose)

    setup = rng("setup")
    tissue = replace(
        patient.tissue,
        thickness=patient.tissue.thickness * setup.uniform(0.88, 1.12),
        texture=patient.tissue.texture * setup.uniform(0.85, 1.15),
    )
    grid = make_grid(patient.probe, setup.uniform(*patient.probe.depths), settings.size)
    density = grid.beams_of(1.0, tissue.thickness)
    motion = _draw_motion(rng("motion"))
    drift = int(np.ceil(motion.tremor * density)) + 1
    wide = grid.widened(drift)
    pleura = draw_pleura(rng("pleura"), wide, tissue.thickness)
    ribs = draw_ribs(rng("ribs"), wide, tissue.thickness)
    coupling = draw_coupling(rng("coupling"), wide)
    visible = _visible(wide, drift, pleura, ribs, coupling)
    # some of the lung has to stay in view, so that its signs show in every frame
    reach = min(int(np.ceil(motion.reach * density)), _longest_run(visible) // 3)
    window = Window(visible, reach + 2, reach, density)
    signs = draw_signs(rng("signs"), score)
    levels = _draw_levels(rng("levels"))
    lung = grid.depth - tissue.thickness
    return Scene(
        grid=grid,
        drift=drift,
        tissue=tissue,
        pleura=pleura,
        ribs=ribs,
        coupling=coupling,
        signs=signs,
        artefacts=draw_vertical_artefacts(rng("vertical"), signs, window, levels.base),
        consolidations=draw_consolidations(rng("consolidation"), signs, window, lung, levels.base),
        levels=levels,
        window=window,
        motion=replace(motion, reach=min(motion.reach, reach / density)),
        display=_draw_display(rng("display"), patient, grid.depth),
    )


def _draw_motion(rng: np.random.Generator) -> Motion:
    """Draw the movements of one clip: quiet breathing at 12 to 22 breaths a minute."""
    return Motion(
        reach=rng.uniform(2.0, 5.0),
        rate=rng.uniform(12, 22) / 60,
        phase=rng.uniform(0, 2 * np.pi),
        tremor=rng.uniform(0.1, 0.6),
        tremor_rate=rng.uniform(0.3, 0.9),
        tremor_phase=rng.uniform(0, 2 * np.pi),
    )


def _visible(
    grid: BeamGrid, drift: int, pleura: Pleura, ribs: tuple[Rib, ...], coupling: FloatArray
) -> BoolArray:
    """Beams that stay in view and reach the pleura with half the amplitude of the best one."""
    below = np.rint(pleura.depth / grid.row_step).astype(int) + 2
    inner = np.arange(grid.beams)
    shadow = rib_shadow(ribs, grid, pleura.depth)
    reaching = coupling * shadow[np.minimum(below, grid.rows - 1), inner]
    inner_view = (inner >= 2 * drift) & (inner < grid.beams - 2 * drift)
    visible: BoolArray = inner_view & (reaching > 0.5 * reaching[inner_view].max())
    return visible


def _longest_run(mask: BoolArray) -> int:
    """Length of the longest run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return int(np.max(edges[1::2] - edges[::2]))


def _draw_levels(rng: np.random.Generator) -> Levels:
    """Draw the levels so that B-lines stand out from the haze and the chest wall's ghosts."""
    haze, loss = rng.uniform(-11, 1), rng.uniform(7, 15)
    base = max(haze, 1 - loss)
    return Levels(
        loss=loss,
        haze=haze,
        decay=rng.uniform(6, 20),
        base=base,
        white=base + rng.uniform(4, 8),
        pleura=rng.uniform(16, 25),
    )


def _draw_display(rng: np.random.Generator, patient: Patient, depth: float) -> Display:
    """Draw the device's settings around those the patient was scanned with."""
    return Display(
        white=41.0 - patient.gain + rng.normal(0, 1.5),
        dynamic_range=patient.dynamic_range,
        tilt=rng.normal(-2, 6) / depth,
        noise=-42.0 + rng.normal(0, 2),
    )
