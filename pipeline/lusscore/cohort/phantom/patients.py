"""The patients of a phantom cohort."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lusscore.cohort.phantom.chest_wall import WallTissue
from lusscore.cohort.phantom.keys import keyed_generator
from lusscore.cohort.phantom.probes import PROBE_SHARES, PROBES, Probe
from lusscore.cohort.phantom.settings import PhantomSettings
from lusscore.cohort.phantom.severity import group_of, zone_scores


@dataclass(frozen=True)
class Patient:
    """One patient, scanned in one exam with one probe.

    Attributes
    ----------
    number
        1 and up.
    group
        ``"covid"`` or ``"healthy"``.
    scores
        Score of every zone.
    probe
        What the patient was scanned with; it has nothing to do with the group.
    tissue
        Chest wall; zones vary around it.
    gain
        Brightness of the operator's setting in dB.
    dynamic_range
        Displayed dynamic range in dB.
    """

    number: int
    group: str
    scores: Mapping[str, int]
    probe: Probe
    tissue: WallTissue
    gain: float
    dynamic_range: float

    @property
    def name(self) -> str:
        """The patient's name in the manifest."""
        return f"phantom-{self.number:03d}"


def draw_patient(settings: PhantomSettings, number: int) -> Patient:
    """Draw the patient with the given number; the others do not matter."""
    rng = keyed_generator(settings.seed, number, "patient")
    probe = PROBES[int(rng.choice(len(PROBES), p=PROBE_SHARES))]
    # most people are of ordinary build, few are heavy
    habitus = float(rng.beta(2.0, 2.6))
    thin, thick = probe.walls
    tissue = WallTissue(
        thickness=thin + habitus * (thick - thin),
        fat=0.2 + 0.35 * habitus + float(rng.uniform(-0.05, 0.05)),
        fat_level=float(rng.uniform(-12, -4)),
        texture=float(rng.uniform(4.5, 7.5)),
    )
    return Patient(
        number=number,
        group=group_of(settings, number),
        scores=zone_scores(settings, number),
        probe=probe,
        tissue=tissue,
        gain=float(rng.normal(0, 3)),
        dynamic_range=float(rng.uniform(*probe.dynamic_range)),
    )
