"""What moves in a clip: the lung with breathing, the probe with the hand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Motion:
    """Movements as functions of time.

    Attributes
    ----------
    reach
        Largest displacement of the lung along the pleura in mm, either way.
    rate, phase
        Breaths per second; phase of breathing at time 0 in radians.
    tremor
        Largest displacement of the probe over the chest wall in mm, either way.
    tremor_rate, tremor_phase
        Frequency in Hz and phase in radians of that displacement.
    """

    reach: float
    rate: float
    phase: float
    tremor: float
    tremor_rate: float
    tremor_phase: float

    def sliding(self, time: float) -> float:
        """Displacement of the lung against the chest wall in mm at `time` seconds."""
        return self.reach * float(np.sin(2 * np.pi * self.rate * time + self.phase))

    def drift(self, time: float) -> float:
        """Displacement of everything against the probe in mm at `time` seconds."""
        return self.tremor * float(np.sin(2 * np.pi * self.tremor_rate * time + self.tremor_phase))

    def turnover(self, time: float) -> float:
        """Angle in radians by which out-of-plane movement has renewed the lung's speckle."""
        return 4.0 * time + 0.5 * self.sliding(time)


def draw_motion(rng: np.random.Generator) -> Motion:
    """Draw the movements of one clip: quiet breathing at 12 to 22 breaths a minute."""
    return Motion(
        reach=float(rng.uniform(2.0, 5.0)),
        rate=float(rng.uniform(12, 22)) / 60,
        phase=float(rng.uniform(0, 2 * np.pi)),
        tremor=float(rng.uniform(0.1, 0.6)),
        tremor_rate=float(rng.uniform(0.3, 0.9)),
        tremor_phase=float(rng.uniform(0, 2 * np.pi)),
    )
