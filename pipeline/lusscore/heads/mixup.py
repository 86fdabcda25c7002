"""Mixing training frames by pairs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_Float = NDArray[np.float64]


def mix(
    embeddings: NDArray[np.float32],
    targets: _Float,
    weights: _Float | None,
    alpha: float,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float32], _Float, _Float | None]:
    """Replace each frame by a mean of it and another, and its target by the same mean.

    Zhang, H., Cisse, M., Dauphin, Y. N., Lopez-Paz, D. (2018). mixup: beyond empirical risk
    minimization. ICLR. There images are mixed, here their embeddings; every pair draws its own
    share.

    Parameters
    ----------
    embeddings
        Shape (frames, dim).
    targets
        Shape (frames, classes), rows summing to 1.
    weights
        Of each frame, shape (frames,), mixed alike; or None.
    alpha
        Shares are drawn from Beta(alpha, alpha), alpha above 0: small keeps frames nearly pure.
    rng
        Of shares and partners.

    Returns
    -------
    tuple
        New arrays like the input.
    """
    partner = rng.permutation(len(embeddings))
    share = rng.beta(alpha, alpha, len(embeddings))
    part = share.astype(np.float32)[:, None]
    mixed = part * embeddings + (1 - part) * embeddings[partner]
    aims = share[:, None] * targets + (1 - share[:, None]) * targets[partner]
    counts = None if weights is None else share * weights + (1 - share) * weights[partner]
    return mixed, aims, counts
