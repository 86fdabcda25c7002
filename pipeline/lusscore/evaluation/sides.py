"""The two sides of a fold, however they were made, and what must hold for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lusscore.cohort import Folds
from lusscore.errors import FoldError
from lusscore.evaluation.predictions import SCORES


@dataclass(frozen=True)
class Side:
    """One fold: rows of the dataset to train on and to test on.

    Attributes
    ----------
    repeat, fold
        From 1.
    train, test
        int64, rows of the labelled frames; no patient has rows in both.
    given
        What divides the sides where that is given and not chosen, as the beginning of a sentence:
        ``"With device: Butterfly iQ left out"``; empty for a fold among others that could be.
    """

    repeat: int
    fold: int
    train: NDArray[np.int64]
    test: NDArray[np.int64]
    given: str = ""

    @property
    def where(self) -> str:
        """Name it at the beginning of a sentence."""
        return self.given or f"In fold {self.fold} of repeat {self.repeat}"


def fold_sides(frames: pd.DataFrame, folds: Folds) -> tuple[Side, ...]:
    """Divide labelled frames by folds of patients.

    Parameters
    ----------
    frames
        Has the column ``patient``.
    folds
        Patients per fold.
    """
    patients = frames["patient"].to_numpy()
    sides = []
    for repeat in range(1, len(folds.repeats) + 1):
        for fold in range(1, folds.count + 1):
            held_out = np.isin(patients, list(folds.test_patients(repeat, fold)))
            given = folds.left_out and f"With {folds.left_out.of_fold(fold)} left out"
            sides.append(
                Side(repeat, fold, np.flatnonzero(~held_out), np.flatnonzero(held_out), given or "")
            )
    return tuple(sides)


def check_sides(frames: pd.DataFrame, sides: Sequence[Side]) -> list[str]:
    """Refuse sides that share anything or cannot be learned from; say what they cannot show.

    Folds that could be made otherwise must teach every score that there is. Where sides are
    given, by a device, a group or another cohort, a score that nobody trained on has is never
    predicted: that speaks against the model, never for it, and is noted.

    Parameters
    ----------
    frames
        Labelled frames, with the columns ``patient``, ``digest`` and ``truth``.
    sides
        Rows of it.

    Returns
    -------
    list of str
        What a reader of the results must know, as sentences.

    Raises
    ------
    FoldError
        If a patient or a recording is on both sides, or a training side lacks a score that it
        must have.
    """
    truth = frames["truth"].to_numpy()
    present = set(truth.tolist())
    if len(present) < 2:
        raise FoldError(
            f"All labelled frames have score {min(present)}; a scorer needs at least two scores "
            "to tell apart. Label more clips."
        )
    absent = sorted(set(SCORES) - present)
    notes = [f"No labelled frame has score {_listed(absent, 'or')}."] if absent else []
    for side in sides:
        _check_apart(frames, side)
        notes += _check_scores(truth, side, present)
    return notes


def _check_apart(frames: pd.DataFrame, side: Side) -> None:
    for what, column in (("patient", "patient"), ("recording", "digest")):
        values = frames[column].to_numpy()
        both = set(values[side.test]) & set(values[side.train])
        if both:
            raise FoldError(
                f"{side.where}, {what} {min(both)!r} is on both sides; this must not be. Make new "
                "folds, and correct the manifest if a recording stands there for two patients."
            )


def _check_scores(truth: NDArray[np.int64], side: Side, present: set[int]) -> list[str]:
    learned, tested = set(truth[side.train].tolist()), set(truth[side.test].tolist())
    unlearned, untested = sorted(present - learned), sorted(present - tested)
    notes = []
    if unlearned and not side.given:
        raise FoldError(
            f"{side.where}, no patient left for training has score {_listed(unlearned)}, so it "
            "cannot be learned; ask for other folds (--folds, --seed) or label more patients "
            "with that score."
        )
    if len(learned) < 2:
        raise FoldError(
            f"{side.where}, all frames to train on have score {min(learned)}, so that there is "
            "nothing to learn; train on patients with at least two scores, or divide them another "
            "way, as --folds does."
        )
    if unlearned:
        count = int(np.isin(truth[side.test], unlearned).sum())
        they, them = ("it is", "it") if len(unlearned) == 1 else ("they are", "them")
        notes.append(
            f"{side.where}, nobody trained on has score {_listed(unlearned)}, so {they} never "
            f"predicted; the {count} held-out frames that have {them} count as wrong."
        )
    if untested:
        those = "that score" if len(untested) == 1 else "those scores"
        notes.append(
            f"{side.where}, no held-out frame has score {_listed(untested, 'or')}; metrics of "
            f"{those} are not defined there."
        )
    return notes


def _listed(scores: Sequence[int], joint: str = "and") -> str:
    return f" {joint} ".join(str(score) for score in scores)
