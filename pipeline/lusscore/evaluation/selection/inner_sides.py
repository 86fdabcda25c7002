"""Dividing the training patients of a fold again, to choose on some of them."""

from __future__ import annotations

import numpy as np

from lusscore.cohort import make_folds
from lusscore.errors import FoldError
from lusscore.evaluation.dataset import LabelledFrames, count_patients
from lusscore.evaluation.sides import Side


def divide_training(dataset: LabelledFrames, side: Side, count: int, seed: int) -> tuple[Side, ...]:
    """Divide the training rows of a fold by patient, for choosing.

    Nothing of the rows held out is looked at. A part whose larger side lacks a score that the
    training rows have is left out of the choosing.

    Parameters
    ----------
    dataset
        All labelled frames.
    side
        The fold; only its ``train`` is used.
    count
        Parts; fewer where there are fewer patients.
    seed
        With repeat and fold it gives the division.

    Returns
    -------
    tuple of Side
        At least two; rows are those of `dataset`.

    Raises
    ------
    FoldError
        If the training patients cannot be divided so.
    """
    frames = dataset.frames.iloc[side.train]
    patients = count_patients(frames)
    parts = min(count, len(patients))
    truth, owners = frames["truth"].to_numpy(), frames["patient"].to_numpy()
    known = np.unique(truth)
    sides = []
    if parts > 1:
        own_seed = int(np.random.SeedSequence([seed, side.repeat, side.fold]).generate_state(1)[0])
        (division,) = make_folds(patients, parts, seed=own_seed).repeats
        for fold in range(1, parts + 1):
            held_out = np.array([division[owner] == fold for owner in owners])
            if set(known) == set(truth[~held_out].tolist()):
                train, test = side.train[~held_out], side.train[held_out]
                sides.append(Side(side.repeat, fold, train, test))
    if len(sides) < 2:
        raise FoldError(
            f"{side.where}, the {len(patients)} training patients cannot be divided again so that "
            "at least two parts leave every score to be learned; leave out --select, ask for more "
            "--folds, or label more patients."
        )
    return tuple(sides)
