"""What can be chosen about a phantom cohort."""

from __future__ import annotations

from dataclasses import dataclass, field

from lusscore.cohort.extraction import ExtractionSettings, FramesPolicy
from lusscore.errors import CohortError

PROTOCOL = "lus-12"
RUBRIC = "lung-ultrasound-score"
# the published cohort: 37 of 49 patients had COVID-19 (Raillard et al. 2022)
_PUBLISHED_PATIENTS, _PUBLISHED_COVID = 49, 37


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
    frames, fps
        Frames of each clip, 2–1000, and frames per second, 1–60.
    size
        Height and width of a frame in pixels, an even number from 96 to 512.
    overlap
        Difficulty: how far the signs of one score reach towards those of its neighbours. 0
        draws every score at the middle of its range, 1 lets ranges touch where the rubric does.
    visibility
        Difficulty: level in dB added to B-lines and white lung; negative is harder.
    noise
        Difficulty: level in dB added to the receiver's noise; positive is harder.
    extraction
        Settings of stage one, written on the card.
    name
        Name of the cohort.
    """

    patients: int = _PUBLISHED_PATIENTS
    covid: int | None = None
    seed: int = 0
    frames: int = 12
    fps: int = 15
    size: int = 256
    overlap: float = 0.9
    visibility: float = 0.0
    noise: float = 0.0
    extraction: ExtractionSettings = field(
        default_factory=lambda: ExtractionSettings(frames=FramesPolicy("per-clip", 4))
    )
    name: str = "phantom"

    def __post_init__(self) -> None:
        checks = (
            (1 <= self.patients <= 999, "patients", "a whole number from 1 to 999"),
            (
                self.covid is None or 0 <= self.covid <= self.patients,
                "covid",
                f"a whole number from 0 to the number of patients, {self.patients}, or nothing",
            ),
            (self.seed >= 0, "seed", "a whole number of at least 0"),
            (2 <= self.frames <= 1000, "frames", "a whole number from 2 to 1000"),
            (1 <= self.fps <= 60, "fps", "a whole number from 1 to 60"),
            (
                96 <= self.size <= 512 and self.size % 2 == 0,
                "size",
                "an even number of pixels from 96 to 512",
            ),
            (0 <= self.overlap <= 1, "overlap", "a number from 0 to 1"),
            (-20 <= self.visibility <= 20, "visibility", "dB from -20 to 20"),
            (-20 <= self.noise <= 20, "noise", "dB from -20 to 20"),
            (bool(self.name.strip()), "name", "a name that is not empty"),
        )
        for good, name, expected in checks:
            if not good:
                raise CohortError(
                    f"phantom setting {name} = {getattr(self, name)!r} is not allowed; "
                    f"expected {expected}."
                )

    def covid_among_first(self, patients: int) -> int:
        """Return how many of the first `patients` patients have COVID-19.

        With the published share this does not depend on how many patients there are in all, so
        that a patient's group stays the same when the cohort grows.
        """
        if self.covid is None:
            share, whole = _PUBLISHED_COVID, _PUBLISHED_PATIENTS
        else:
            share, whole = self.covid, self.patients
        return (2 * patients * share + whole) // (2 * whole)
