"""The permutation null: what predictions that know nothing would score.

Predictions are permuted, not labels before training: a head trained on permuted labels learns the
frequencies of the scores and little else, which the majority baseline shows already, and training
hundreds of them would take hours. Each patient is given the predictions of a patient of the same
fold, patients being permuted at random, so that the frequencies of scores and predictions, and how
alike the frames of one patient are, stay what they were; only the tie between prediction and truth
is cut. A permutation leaves one patient in its place on average.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lusscore.evaluation.metrics import Interval, all_metrics, interval, mean_over_defined, ratio
from lusscore.evaluation.predictions import SCORES, HeldOut, count_scores

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_CLASSES = len(SCORES)
_STEPS = 200
_AT_ONCE = 250


def permuted_donors(patient: IntArray, fold: IntArray, permutations: int, seed: int) -> IntArray:
    """Say for every recording which recording's predictions it is given in each permutation.

    The patients of a fold are permuted; each recording is given one of its patient's donor, drawn
    at random. `patient` and `fold` are those of each recording, shape (recordings,); the answer has
    shape (permutations, recordings).
    """
    generator = np.random.default_rng([seed, 1])
    donors = np.empty((permutations, len(patient)), dtype=np.int64)
    for number in np.unique(fold):
        mine = np.flatnonzero(fold == number)
        mine = mine[np.argsort(patient[mine], kind="stable")]
        _, first, owner, size = np.unique(
            patient[mine], return_index=True, return_inverse=True, return_counts=True
        )
        order = np.argsort(generator.random((permutations, len(size))), axis=1)[:, owner]
        step = (generator.random((permutations, len(mine))) * size[order]).astype(np.int64)
        donors[:, mine] = mine[first[order] + step]
    return donors


def can_permute(patient: IntArray, fold: IntArray) -> bool:
    """Whether any fold holds two patients to be permuted."""
    return len(np.unique(np.stack([fold, patient], 1), axis=0)) > len(np.unique(fold))


def permutation_null(
    rows: HeldOut, recording: IntArray, permutations: int, seed: int
) -> dict[str, Interval | None]:
    """Compute what 95 % of permutations give, for every metric that has a chance level.

    A row given another recording's predictions is given each of its frames with equal weight, so
    that recordings of different length need no rule. Probabilities are ranked in at most 200 steps.
    The calibration error has no chance level and is left out.

    `recording` numbers the recording of each row, from 0 without gaps; its rows are of one patient
    and fold and are permuted as one. Gives (low, high) by metric; nothing where no fold holds two
    patients.
    """
    first = np.unique(recording, return_index=True)[1]
    patient, fold = rows.patient[first], rows.fold[first]
    if not can_permute(patient, fold):
        return {}
    counts = count_scores(recording, rows.truth, len(first))
    given = _Given.of(rows, recording, fold)
    donors = permuted_donors(patient, fold, permutations, seed)
    parts = [
        given.measured(_received(donors[start : start + _AT_ONCE], counts))
        for start in range(0, permutations, _AT_ONCE)
    ]
    return {
        metric: interval(np.concatenate([part[metric] for part in parts])) for metric in parts[0]
    }


def _received(donors: IntArray, counts: IntArray) -> FloatArray:
    """Count rows of each true score that each donor's predictions meet.

    Shape (4, permutations, recordings).
    """
    permutations, recordings = donors.shape
    cell = (np.arange(permutations)[:, None] * recordings + donors).ravel()
    each = [
        np.bincount(cell, weights=np.tile(counts[:, score], permutations), minlength=donors.size)
        for score in SCORES
    ]
    return np.asarray(each, np.float64).reshape(len(SCORES), *donors.shape)


@dataclass(frozen=True)
class _Given:
    """What every recording's predictions are, so that metrics are linear in who meets whom.

    `answers` is the share of each predicted score and `loss` the mean Brier score were the truth
    each score, shape (recordings, 4) each. `ranks` has, for each fold and score, the shares of the
    rows of its recordings at each step of probability, shape (recordings of the fold, steps).
    """

    answers: FloatArray
    loss: FloatArray
    ranks: Mapping[int, tuple[FloatArray, ...]]
    fold: IntArray

    @classmethod
    def of(cls, rows: HeldOut, recording: IntArray, fold: IntArray) -> _Given:
        size = np.bincount(recording).astype(np.float64)[:, None]
        answers = count_scores(recording, rows.prediction, len(size))
        squares = np.square(rows.probabilities).sum(1)
        brier = squares[:, None] - 2 * rows.probabilities + 1
        loss = np.stack([np.bincount(recording, weights=own) for own in brier.T], axis=1)
        ranks = {}
        for number in np.unique(fold):
            part = rows.fold == number
            place = np.cumsum(fold == number) - 1
            mine = np.flatnonzero(fold == number)
            ranks[int(number)] = tuple(
                _shares(rows.probabilities[part, score], place[recording[part]], size[mine])
                for score in SCORES
            )
        return cls(answers / size, loss / size, ranks, fold)

    def measured(self, received: FloatArray) -> dict[str, FloatArray]:
        """Compute every metric of every permutation from (4, permutations, recordings) counts."""
        confusions = np.moveaxis(received @ self.answers, 0, 1)
        loss = sum(received[score] @ self.loss[:, score] for score in SCORES)
        auc, pr_auc = self._ranked(received)
        return {
            **all_metrics(confusions),
            "macro_auc": mean_over_defined(auc),
            "macro_pr_auc": mean_over_defined(pr_auc),
            "brier": ratio(np.asarray(loss), confusions.sum((-2, -1))),
        }

    def _ranked(self, received: FloatArray) -> tuple[FloatArray, FloatArray]:
        """ROC-AUC and average precision of each score, shape (permutations, 4) each."""
        wins, pairs, hits, precision = np.zeros((4, received.shape[1], _CLASSES))
        for number, ranks in self.ranks.items():
            mine = received[:, :, self.fold == number]
            everyone = mine.sum(0)
            for score in SCORES:
                positive, rows = mine[score] @ ranks[score], everyone @ ranks[score]
                count = positive.sum(1)
                others = rows - positive
                below = others.cumsum(1) - others / 2
                wins[:, score] += (positive * below).sum(1)
                pairs[:, score] += count * others.sum(1)
                above = positive[:, ::-1].cumsum(1)[:, ::-1]
                among = rows[:, ::-1].cumsum(1)[:, ::-1]
                precision[:, score] += (positive * above / np.maximum(among, 1e-9)).sum(1)
                hits[:, score] += count
        return ratio(wins, pairs), ratio(precision, hits)


def _shares(probability: FloatArray, owner: IntArray, size: FloatArray) -> FloatArray:
    """Share of each recording's rows at each step of probability, shape (recordings, steps)."""
    levels, place = np.unique(probability, return_inverse=True)
    if len(levels) > _STEPS:
        place = place * _STEPS // len(levels)
    steps = min(len(levels), _STEPS)
    counts = np.bincount(owner * steps + place, minlength=len(size) * steps)
    return np.asarray(counts.reshape(-1, steps) / size)
