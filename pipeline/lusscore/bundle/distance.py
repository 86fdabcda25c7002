"""How far a clip is from those that a scorer was trained on."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusscore.bundle.bundle import Familiar

_Float = NDArray[np.float64]


def distances(familiar: Familiar, clips: NDArray[Any]) -> _Float:
    """Measure clips against :class:`lusscore.bundle.bundle.Familiar`, which has the formula.

    Parameters
    ----------
    familiar
        What is known.
    clips
        float, shape (clips, dim): mean of each clip's clean embeddings, all backbones one after
        the other.

    Returns
    -------
    ndarray of float64, shape (clips,)
        Above 1: farther off than clips of held-out training patients are.
    """
    along, left = split_distance(clips, familiar.mean, familiar.directions, familiar.deviations)
    return np.maximum(along / familiar.limit, left / familiar.rest)


def split_distance(
    clips: NDArray[Any],
    mean: NDArray[np.float32],
    directions: NDArray[np.float32],
    deviations: NDArray[np.float32],
) -> tuple[_Float, _Float]:
    """Return the distance along the components, and the length of what they leave.

    Both of shape (clips,); shapes of the others as in :class:`lusscore.bundle.bundle.Familiar`.
    """
    centred = clips.astype(np.float64) - mean
    components = centred @ directions
    left = np.linalg.norm(centred - components @ directions.T, axis=1)
    return np.linalg.norm(components / deviations, axis=1), np.asarray(left)
