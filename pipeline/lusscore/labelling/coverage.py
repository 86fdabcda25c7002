"""Choosing clips that are unsure, unlike each other and like many others, patient by patient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lusscore.head.scaling import fit_scaling

_MOST_COMPONENTS = 32
_CLIPS_PER_COMPONENT = 8
# Clips among which similarities are kept at once: 4,096 squared in float32 are 64 MB.
MOST_CLIPS = 4096
# Similarity at one width.
_NEAR = float(np.exp(-0.5))

_Int = NDArray[np.int64]
_Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Choice:
    """One clip chosen.

    Attributes
    ----------
    row
        Of what was given.
    stands_for
        Unlabelled clips, itself among them, that it is near to and that are nearer to nothing
        labelled or chosen before.
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


def similarities(a: _Float32, b: _Float32, width: float) -> _Float32:
    """Return exp(-d² / 2 width²) of all pairs, shape (rows of a, rows of b), 0–1."""
    squares = _squares(a, b)
    squares *= -0.5 / width**2
    return np.exp(squares, out=squares)


def choose_clips(
    points: _Float32,
    labelled: NDArray[np.bool_],
    weights: NDArray[np.float64],
    patients: _Int,
    count: int,
    per_patient: int,
    seed: int = 0,
) -> tuple[Choice, ...]:
    """Choose unlabelled clips one after the other, each the one that covers most.

    What is raised is the sum, over unlabelled clips, of weight times similarity to the most
    similar clip that is labelled or chosen (facility location). Taking the largest gain at every
    step comes within 1 - 1/e of the best choice there is: Nemhauser, G. L., Wolsey, L. A., Fisher,
    M. L. (1978). An analysis of approximations for maximizing submodular set functions—I.
    Mathematical Programming 14, 265–294. For choosing what to label, with uncertainty:
    Wei, K., Iyer, R., Bilmes, J. (2015). Submodularity in data subset selection and active
    learning. PMLR 37 (ICML), 1954–1963. That a batch must spread, since the unsure are often alike:
    Sener, O., Savarese, S. (2018). Active learning for convolutional neural networks: a core-set
    approach. ICLR; Ash, J. T., Zhang, C., Krishnamurthy, A., Langford, J., Agarwal, A. (2020).
    Deep batch active learning by diverse, uncertain gradient lower bounds. ICLR. Unlike farthest
    points, which are the first choice of both, a clip that is like no other covers itself alone.

    Similarity falls off over the distance within which a clip has as many neighbours as each one
    chosen has to stand for.

    Parameters
    ----------
    points
        float32, shape (clips, components), as of :func:`whiten`; in an order of their own, which
        decides between equals.
    labelled
        bool, shape (clips,).
    weights
        Above 0, shape (clips,): how much each is worth to be covered; all alike for coverage alone.
    patients
        By number, shape (clips,).
    count
        Clips wanted, at least 1; fewer are chosen where there are fewer.
    per_patient
        Most clips of one patient, at least 1; raised by one where all patients have reached it.
    seed
        Of the sample that is looked at where there are very many clips.
    """
    free = np.flatnonzero(~labelled)
    if len(free) > MOST_CLIPS:
        rng = np.random.default_rng(seed)
        free = np.sort(rng.choice(free, MOST_CLIPS, replace=False))
    if not len(free):
        return ()
    own = points[free]
    width = _width(own, count)
    alike = similarities(own, own, width)
    covered = np.zeros(len(free), np.float32)
    known = np.flatnonzero(labelled)
    for start in range(0, len(known), MOST_CLIPS):
        batch = similarities(own, points[known[start : start + MOST_CLIPS]], width)
        np.maximum(covered, batch.max(axis=1), out=covered)
    weight = weights[free].astype(np.float32)
    taken = np.zeros(int(patients.max()) + 1, np.int64)
    left = np.ones(len(free), bool)
    chosen: list[Choice] = []
    while len(chosen) < min(count, len(free)):
        allowed = left & (taken[patients[free]] < per_patient)
        if not allowed.any():
            per_patient += 1
            continue
        candidates = np.flatnonzero(allowed)
        gains = weight @ np.maximum(alike[:, candidates] - covered[:, None], 0)
        best = int(candidates[_first_of_largest(gains)])
        nearest = (alike[:, best] >= np.maximum(covered, _NEAR)) & left
        nearest[best] = True
        chosen.append(Choice(int(free[best]), int(np.count_nonzero(nearest))))
        np.maximum(covered, alike[:, best], out=covered)
        left[best] = False
        taken[patients[free[best]]] += 1
    return tuple(chosen)


def _first_of_largest(gains: NDArray[np.floating]) -> int:
    """Return the first of those that are largest but for rounding."""
    return int(np.flatnonzero(gains >= gains.max() * (1 - 1e-6))[0])


def _width(points: _Float32, count: int) -> float:
    """Return the median distance to the neighbour up to which one clip is to stand for."""
    if len(points) < 2:
        return 1.0
    # each point is its own nearest, and one of those it stands for
    rank = max(1, len(points) // count - 1)
    squares = _squares(points, points)
    squares.partition(rank, axis=1)
    width = float(np.sqrt(np.median(squares[:, rank])))
    return width if width > 0 else 1.0


def _squares(a: _Float32, b: _Float32) -> _Float32:
    squares = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * (a @ b.T)
    return np.asarray(np.maximum(squares, 0, out=squares), np.float32)
