"""The diffuse echo of aerated lung."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lusscore.cohort.phantom.arrays import FloatArray, amplitude

_RIM_LEVEL, _RIM_DEPTH = 7.0, 2.5
"""The rim under the pleura: level above the haze in dB, depth in mm to 1/e of its power."""


@dataclass(frozen=True)
class Haze:
    """Levels of the lung's diffuse echoes, in dB relative to muscle.

    Attributes
    ----------
    level
        Aerated lung right below the pleura.
    decay
        Loss in dB from there to the bottom of the image.
    stand_out
        What B-lines and comet tails rise above.
    white
        White lung.
    pleura
        Pleural line where it is smooth.
    """

    level: float
    decay: float
    stand_out: float
    white: float
    pleura: float

    def power(self, below: FloatArray, reach: float) -> FloatArray:
        """Power of aerated lung over depth: a bright rim, then a slow decay.

        Parameters
        ----------
        below
            Depth below the pleura in mm, shape (rows,); negative above it.
        reach
            Depth below the pleura of the bottom of the image in mm.

        Returns
        -------
        ndarray of float32, shape (rows,)
            0 above the pleura.
        """
        depth = np.maximum(below, 0)
        diffuse = np.square(amplitude(self.level - self.decay * depth / np.float32(reach)))
        rim = np.square(amplitude(self.level + _RIM_LEVEL)) * np.exp(-depth / _RIM_DEPTH)
        power: FloatArray = ((diffuse + rim) * (below > 0)).astype(np.float32)
        return power
