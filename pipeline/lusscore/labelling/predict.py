"""Predictions for every clip by a head trained on the labels there are, and their uncertainty."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold
from threadpoolctl import threadpool_limits

from lusscore.evaluation import SCORES, HeadChoice, fit_on
from lusscore.heads import Head, Temperature
from lusscore.labelling.pool import Pool

DEFAULT_HEAD = HeadChoice("logistic", {"pooling": "mean", "C": 0.01})
"""A clip is one example; few labels of many numbers need a strong penalty."""

_FOLDS = 5
# Below this many clips held out, one number fitted to them says nothing.
_FEWEST = 8

_Float = NDArray[np.float64]


def entropy(probabilities: _Float) -> _Float:
    """Return the uncertainty of each row, from 0 (one score is certain) to 1 (all as likely).

    Shannon's entropy divided by its largest value, the logarithm of the number of classes:
    Shannon, C. E. (1948). A mathematical theory of communication. Bell System Technical Journal
    27. As a measure of what to label next: Settles, B. (2009). Active learning literature survey.
    Computer Sciences Technical Report 1648, University of Wisconsin-Madison, section 3.1.
    Probabilities have the shape (rows, classes).
    """
    safe = np.where(probabilities > 0, probabilities, 1.0)
    raw = -(probabilities * np.log(safe)).sum(axis=1) / np.log(probabilities.shape[1])
    return np.asarray(np.clip(raw, 0.0, 1.0))


def predict(pool: Pool, head: HeadChoice = DEFAULT_HEAD) -> _Float | None:
    """Train a head on the labelled segments; return its calibrated probabilities for all.

    The temperature is that of highest likelihood for labelled segments of held-out patients,
    and 1 where they are too few to tell. Shape (segments, 4); None where fewer than two scores
    have labels, from which no head can learn.
    """
    truth = pool.frames["truth"].to_numpy()
    known = np.flatnonzero(truth >= 0)
    if len(np.unique(truth[known])) < 2:
        return None
    temperature = _temperature(pool, head, known)
    fitted = fit_on(pool, (pool.features,), head, known)
    return temperature.apply(_ask(pool, head, fitted, np.arange(len(pool.frames))))


def _temperature(pool: Pool, head: HeadChoice, known: NDArray[np.int64]) -> Temperature:
    """Fit a temperature to labelled segments, each predicted by heads without its patient."""
    truth = pool.frames["truth"].to_numpy()
    patients = np.unique(pool.frames["patient"].to_numpy()[known], return_inverse=True)[1]
    folds = min(_FOLDS, int(patients.max()) + 1)
    if folds < 2:
        return Temperature()
    predicted, scores = [], []
    for train, test in GroupKFold(folds).split(known, groups=patients):
        seen, unseen = known[train], known[test]
        if len(np.unique(truth[seen])) < 2:
            continue
        predicted.append(_ask(pool, head, fit_on(pool, (pool.features,), head, seen), unseen))
        scores.append(pool.scores[np.unique(pool.frames["segment"].to_numpy()[unseen])])
    if sum(map(len, scores)) < _FEWEST:
        return Temperature()
    probabilities, own = np.concatenate(predicted), np.concatenate(scores)
    possible = (probabilities[np.arange(len(own)), own] > 0).any()
    return Temperature.fit(probabilities, own) if possible else Temperature()


def _ask(pool: Pool, head: HeadChoice, fitted: Head, rows: NDArray[np.int64]) -> _Float:
    """Return the mean probabilities of the segments that `rows` belong to, in their order."""
    table = pool.frames.iloc[rows]
    segments = table["segment"].to_numpy()
    exams = table.groupby(["patient", "exam"]).ngroup().to_numpy()
    variants = None if head.settings.get("test_variants") else 1
    frames = np.zeros((len(rows), len(SCORES)))
    with threadpool_limits(1):
        frames[:, fitted.classes_] = fitted.predict_proba(
            pool.embeddings((pool.features,), rows, variants), clips=segments, exams=exams
        )
    starts = np.flatnonzero(np.diff(segments, prepend=-1))
    counts = np.diff(starts, append=len(segments))
    return np.asarray(np.add.reduceat(frames, starts) / counts[:, None])
