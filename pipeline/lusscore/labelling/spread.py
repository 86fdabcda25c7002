"""NestedCV clips that are unsure and unlike each other, patient by patient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lusscore.heads import fit_scaling

_MOST_COMPONENTS = 32
_CLIPS_PER_COMPONENT = 8
# Clips whose distances to all others are held at once.
_AT_ONCE = 256

_Int = NDArray[np.int64]
_Float = NDArray[np.float64]
_Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Choice:
    """One clip chosen.

    Attributes
    ----------
    row
        Of what was given.
    stands_for
        Unlabelled clips, itself among them, that are nearer to it than to anything labelled or to
        another one chosen.
    """

    row: int
    stands_for: int


def whiten(vectors: _Float32, seed: int = 0) -> _Float32:
    """Bring clips into a space where distance means difference.

    Standardised, the leading principal components, each divided by its deviation: otherwise the
    directions in which devices and gains differ most would decide what is unlike.

    Parameters
    ----------
    vectors
        float32, shape (clips, dim); labelled and unlabelled ones.
    seed
        Of the search for directions.

    Returns
    -------
    ndarray of float32, shape (clips, components)
    """
    if (vectors == vectors[0]).all():
        return np.zeros((len(vectors), 1), np.float32)
    components = int(np.clip(len(vectors) // _CLIPS_PER_COMPONENT, 1, _MOST_COMPONENTS))
    components = min(components, vectors.shape[1])
    return fit_scaling(vectors, components, seed).apply(vectors)


def choose_clips(
    points: _Float32,
    labelled: NDArray[np.bool_],
    weights: _Float,
    patients: _Int,
    count: int,
    per_patient: int,
    seed: int = 0,
) -> tuple[Choice, ...]:
    """Choose unlabelled clips one after the other, far from what is labelled or chosen already.

    The seeding of k-means++ (Arthur, D., Vassilvitskii, S. (2007). k-means++: the advantages of
    careful seeding. SODA, 1027–1035), begun with what is labelled: a clip is drawn with a chance
    that grows with its weight times its squared distance to the nearest one labelled or chosen;
    of a few that are drawn so, the one is taken that lowers the sum of these products most. A
    batch that is drawn so has what is worth most and does not have it twice: Ash, J. T., Zhang,
    C., Krishnamurthy, A., Langford, J., Agarwal, A. (2020). Deep batch active learning by diverse,
    uncertain gradient lower bounds. ICLR; there distance and worth are both in the gradient, here
    they are distance in the space of embeddings and a weight. That a batch must spread over what
    is not labelled: Sener, O., Savarese, S. (2018). Active learning for convolutional neural
    networks: a core-set approach. ICLR. The farthest point, which is taken there, is often a
    recording that went wrong.

    Parameters
    ----------
    points
        float32, shape (clips, components), as of :func:`whiten`. Their order has a part in what
        is drawn: give them in one that does not depend on how they were read.
    labelled
        bool, shape (clips,).
    weights
        Above 0, shape (clips,): what each is worth; all alike for distance alone.
    patients
        By number, shape (clips,).
    count
        Clips wanted, at least 1; fewer are chosen where there are fewer.
    per_patient
        Most clips of one patient, at least 1; raised by one where all patients have reached it.
    seed
        Of what is drawn.
    """
    rng = np.random.default_rng(seed)
    free = ~labelled
    worth = np.where(free, weights, 0.0)
    nearest = _nearest(points, np.flatnonzero(labelled))
    taken = np.zeros(int(patients.max()) + 1, np.int64)
    trials = 2 + int(np.log(count))
    chosen: list[int] = []
    owner = np.full(len(points), -1)
    while len(chosen) < count and free.any():
        allowed = free & (taken[patients] < per_patient)
        if not allowed.any():
            per_patient += 1
            continue
        drawn = _draw(np.where(allowed, worth, 0.0), nearest, trials, rng)
        distances = _squares(points[drawn], points)
        best = int(np.argmin(np.minimum(distances, nearest) @ worth))
        row, own = int(drawn[best]), distances[best]
        owner[own < nearest] = len(chosen)
        owner[row] = len(chosen)
        nearest = np.minimum(nearest, own)
        free[row] = False
        taken[patients[row]] += 1
        chosen.append(row)
    owner[labelled] = -1
    sizes = np.bincount(owner[owner >= 0], minlength=len(chosen))
    return tuple(Choice(row, int(size)) for row, size in zip(chosen, sizes, strict=True))


def _draw(worth: _Float, nearest: _Float, trials: int, rng: np.random.Generator) -> _Int:
    """Draw clips by worth times distance; by worth alone where distance tells nothing."""
    chances = worth * np.where(np.isfinite(nearest), nearest, 1.0)
    if not chances.sum() > 0:
        chances = worth
    drawn = rng.choice(len(worth), size=trials, p=chances / chances.sum())
    return np.asarray(drawn, np.int64)


def _nearest(points: _Float32, known: Sequence[int] | _Int) -> _Float:
    """Return each clip's squared distance to the nearest known one; infinite without any."""
    nearest = np.full(len(points), np.inf)
    for start in range(0, len(known), _AT_ONCE):
        batch = _squares(points[known[start : start + _AT_ONCE]], points)
        np.minimum(nearest, batch.min(axis=0), out=nearest)
    return nearest


def _squares(a: _Float32, b: _Float32) -> _Float:
    """Return squared distances of all pairs, shape (rows of a, rows of b)."""
    wide, other = a.astype(np.float64), b.astype(np.float64)
    squares = (wide**2).sum(1)[:, None] + (other**2).sum(1) - 2 * (wide @ other.T)
    return np.asarray(np.maximum(squares, 0))
