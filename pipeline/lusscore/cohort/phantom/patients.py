"""The settings of a phantom cohort, and its patients: who is how ill, and scanned with what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from lusscore.cohort.card import NAME_PATTERN
from lusscore.cohort.extraction import ExtractionSettings, FramesPolicy
from lusscore.cohort.phantom.beams import PROBE_SHARES, PROBES, Probe, keyed_generator
from lusscore.cohort.protocols import MAXIMUM_ZONE_SCORE, get_protocol
from lusscore.errors import CohortError

PROTOCOL = "lus-12"
# the published cohort: 37 of 49 patients had COVID-19 (Raillard et al. 2022)
_PATIENTS, _COVID = 49, 37

# dependent zones are hit first and hardest in COVID-19 pneumonia
_REGION_OFFSETS = {
    "ant-sup": -0.35,
    "ant-inf": -0.10,
    "lat-sup": -0.15,
    "lat-inf": 0.10,
    "post-sup": 0.10,
    "post-inf": 0.40,
}
_PATIENT_MEAN, _PATIENT_SPREAD = 1.25, 0.9
_SIDE_SPREAD, _ZONE_SPREAD = 0.3, 0.7
_HEALTHY_ONES = 0.04
"""Share of a healthy patient's zones that score 1."""


@dataclass(frozen=True)
class PhantomSettings:
    """Settings of a phantom cohort.

    Attributes
    ----------
    patients
        Number of patients, 1–999.
    covid
        How many of them have COVID-19; None for the published share, 37 of 49.
    seed
        Everything random follows from it.
    frames
        Frames of each clip, 2–1000, at 15 per second.
    size
        Height and width of a frame in pixels, an even number from 96 to 512.
    extraction
        Settings of stage one, written on the card.
    name
        Name of the cohort.

    Raises
    ------
    CohortError
        If a value is not allowed.
    """

    patients: int = _PATIENTS
    covid: int | None = None
    seed: int = 0
    frames: int = 12
    size: int = 256
    extraction: ExtractionSettings = field(
        default_factory=lambda: ExtractionSettings(frames=FramesPolicy("per-clip", 4))
    )
    name: str = "phantom"

    def __post_init__(self) -> None:
        number = "a whole number"
        checks = (
            (1 <= self.patients <= 999, "patients", f"{number} from 1 to 999"),
            (
                self.covid is None or 0 <= self.covid <= self.patients,
                "covid",
                f"{number} from 0 to that of patients, {self.patients}",
            ),
            (self.seed >= 0, "seed", f"{number} of at least 0"),
            (2 <= self.frames <= 1000, "frames", f"{number} from 2 to 1000"),
            (self.size in range(96, 513, 2), "size", "an even number of pixels from 96 to 512"),
            (re.fullmatch(NAME_PATTERN, self.name), "name", "letters, digits, '.', '-' and '_'"),
        )
        for good, name, expected in checks:
            if not good:
                raise CohortError(
                    f"{name} = {getattr(self, name)!r} is not allowed for a phantom; "
                    f"expected {expected}"
                )

    def covid_among_first(self, patients: int) -> int:
        """Count COVID-19 patients among the first ones.

        With the published share this does not depend on how many patients there are in all, so
        that a patient's group stays the same when the cohort grows.
        """
        share, whole = (_COVID, _PATIENTS) if self.covid is None else (self.covid, self.patients)
        return (2 * patients * share + whole) // (2 * whole)


@dataclass(frozen=True)
class WallTissue:
    """A patient's chest wall."""

    thickness: float  # depth of the pleura, mm
    fat: float  # share of the thickness
    fat_level: float  # dB relative to muscle
    texture: float  # strength of the streaks in fat and muscle, dB


@dataclass(frozen=True)
class Patient:
    """One patient, scanned in one exam with one probe."""

    number: int
    covid: bool  # probe and chest wall have nothing to do with it
    scores: Mapping[str, int]  # of every zone, 0–3, in the order of the protocol
    probe: Probe
    tissue: WallTissue  # zones vary around it
    gain: float  # brightness of the operator's setting, dB
    dynamic_range: float  # displayed, dB

    @property
    def name(self) -> str:
        """The patient's name in the manifest."""
        return f"phantom-{self.number:03d}"


def draw_patient(settings: PhantomSettings, number: int) -> Patient:
    """Draw the patient with the given number, from 1; the others do not matter."""
    rng = keyed_generator(settings.seed, number, "patient")
    probe = PROBES[int(rng.choice(len(PROBES), p=PROBE_SHARES))]
    # most people are of ordinary build, few are heavy
    habitus = rng.beta(2.0, 2.6)
    thin, thick = probe.walls
    tissue = WallTissue(
        thickness=thin + habitus * (thick - thin),
        fat=0.2 + 0.35 * habitus + rng.uniform(-0.05, 0.05),
        fat_level=rng.uniform(-12, -4),
        texture=rng.uniform(4.5, 7.5),
    )
    covid = settings.covid_among_first(number) > settings.covid_among_first(number - 1)
    return Patient(
        number=number,
        covid=covid,
        scores=_zone_scores(keyed_generator(settings.seed, number, "severity"), covid),
        probe=probe,
        tissue=tissue,
        gain=rng.normal(0, 3),
        dynamic_range=rng.uniform(*probe.dynamic_range),
    )


def _zone_scores(rng: np.random.Generator, covid: bool) -> Mapping[str, int]:
    """Draw the score of every zone of one patient.

    A COVID-19 patient has a latent severity on the scale of the score; each side and each zone
    deviates from it, and the sum is rounded. So a patient's zones resemble each other more than
    those of two patients.
    """
    zones = get_protocol(PROTOCOL).zones
    if not covid:
        return {zone.name: int(rng.random() < _HEALTHY_ONES) for zone in zones}
    latent = rng.normal(_PATIENT_MEAN, _PATIENT_SPREAD)
    sides = dict(zip(("right", "left"), rng.normal(0, _SIDE_SPREAD, 2), strict=True))
    scores = {}
    for zone in zones:
        offset = _REGION_OFFSETS[zone.name.split("-", 1)[1]]
        value = latent + sides[zone.side] + offset + rng.normal(0, _ZONE_SPREAD)
        scores[zone.name] = int(np.clip(np.rint(value), 0, MAXIMUM_ZONE_SCORE))
    return scores
