"""Finding folds that are alike: patients per group, frames and scores in balance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lusscore.cohort.folds import Folds, PatientFrames
from lusscore.errors import FoldError

_RESTARTS = 8


def make_folds(
    patients: Sequence[PatientFrames], count: int, *, repeats: int = 1, seed: int = 0
) -> Folds:
    """Divide patients into folds of like size and content.

    Each group's patients are spread so that folds differ by at most one patient of it. Within
    that, patients of a group are exchanged between folds while it lowers the squared relative
    imbalance of frames and of frames per score.

    Parameters
    ----------
    patients
        All patients with labelled frames.
    count
        Folds, at least 2.
    repeats
        How often to divide anew.
    seed
        Same seed, same folds, whatever the order of `patients`.

    Raises
    ------
    FoldError
        If there are fewer patients than folds, or fewer than two folds.
    """
    if count < 2:
        told = "One fold is" if count == 1 else f"{count} folds are"
        raise FoldError(f"{told} too few; expected at least 2, one to test on and one to train on.")
    if len(patients) < count:
        raise FoldError(
            f"{len(patients)} patients cannot fill {count} folds, and a patient is never split; "
            f"ask for at most {len(patients)} folds or label more patients."
        )
    ordered = sorted(patients, key=lambda patient: patient.patient)
    divisions = []
    for repeat in range(repeats):
        rng = np.random.default_rng([seed, repeat])
        tries = [_search(ordered, count, rng) for _ in range(_RESTARTS)]
        _, best = min(tries, key=lambda found: found[0])
        divisions.append(
            {patient.patient: int(fold) + 1 for patient, fold in zip(ordered, best, strict=True)}
        )
    return Folds(count, tuple(divisions))


def _search(
    patients: Sequence[PatientFrames], count: int, rng: np.random.Generator
) -> tuple[float, NDArray[np.int64]]:
    """Start at random within the groups, then take the best exchange until none helps."""
    groups = np.unique([patient.group for patient in patients], return_inverse=True)[1]
    folds = _deal(groups, count, rng)
    scores = np.array([patient.frames for patient in patients], dtype=float)
    amounts = np.column_stack([scores.sum(axis=1), scores])
    # In units of what each fold should hold, so that rare scores weigh as much as common ones.
    target = amounts.sum(axis=0) / count
    amounts = amounts[:, target > 0] / target[target > 0]
    exchange = amounts[None, :, :] - amounts[:, None, :]
    size = 2 * (exchange**2).sum(axis=2)
    while True:
        sums = np.stack([amounts[folds == fold].sum(axis=0) for fold in range(count)])
        gap = sums[folds][:, None, :] - sums[folds][None, :, :]
        gain = 2 * (exchange * gap).sum(axis=2) + size
        gain[(groups[:, None] != groups[None, :]) | (folds[:, None] == folds[None, :])] = 0
        i, j = np.unravel_index(np.argmin(gain), gain.shape)
        if gain[i, j] > -1e-9:
            return float(((sums - 1) ** 2).sum()), folds
        folds[i], folds[j] = folds[j], folds[i]


def _deal(groups: NDArray[np.int64], count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Deal each group's shuffled patients round the folds, each group where the last ended."""
    folds = np.empty(len(groups), dtype=np.int64)
    start = 0
    for group in np.unique(groups):
        members = rng.permutation(np.flatnonzero(groups == group))
        folds[members] = (start + np.arange(len(members))) % count
        start += len(members)
    return folds
