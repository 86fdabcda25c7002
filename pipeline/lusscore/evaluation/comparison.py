"""Pairwise comparison of models that were tested on the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lusscore.evaluation.levels import Measured
from lusscore.evaluation.metrics import Interval, Number, interval
from lusscore.records import Record

COMPARED = ("accuracy", "macro_f1", "macro_auc", "quadratic_kappa")

FloatArray = NDArray[np.float64]


class Difference(Record):
    """How far model `a` is above model `b` in one metric, one of `COMPARED`.

    `pooled` is of all held-out rows together, with its bootstrap `interval` over patients, both
    models on the same resamples, and the two-sided bootstrap `p` of "no difference"; `over_folds`
    is the mean of the fold-wise difference, with the corrected resampled t-test of
    :func:`corrected_t_test`. P values corrected for all pairs end in ``_holm``.
    """

    a: str
    b: str
    metric: str
    pooled: Number
    interval: Interval | None
    p: Number
    over_folds: Number
    t: Number
    degrees: int
    fold_p: Number
    p_holm: Number
    fold_p_holm: Number


def compare_pairs(
    measured: Mapping[str, Measured], pairs: Sequence[tuple[str, str]]
) -> list[Difference]:
    """Compare models in `pairs`, correcting for the number of pairs by Holm's method.

    Holm 1979, Scand J Stat 6(2):65–70; each metric and each test is a family of its own.
    """
    found = []
    for metric in COMPARED:
        family = [_difference(measured[a], measured[b], metric) for a, b in pairs]
        for name in ("p", "fold_p"):
            corrected = holm([each[name] for each in family])
            for each, p in zip(family, corrected, strict=True):
                each[f"{name}_holm"] = p
        found += [
            Difference(a=a, b=b, metric=metric, **each)
            for (a, b), each in zip(pairs, family, strict=True)
        ]
    return found


def bootstrap_p(differences: FloatArray) -> float:
    """Two-sided p value of "no difference" from resampled differences.

    Twice the share of resamples on the smaller side of zero, both counts raised by one so that no
    finite number of resamples gives 0 (Davison & Hinkley 1997, section 4.2); NaN without any.
    """
    defined = differences[np.isfinite(differences)]
    if not len(defined):
        return float("nan")
    smaller = min(np.count_nonzero(defined <= 0), np.count_nonzero(defined >= 0))
    return min(1.0, 2 * (smaller + 1) / (len(defined) + 1))


def corrected_t_test(differences: FloatArray, test_share: float) -> tuple[float, int, float]:
    """Test fold-wise differences with the variance corrected for shared training data.

    Nadeau & Bengio 2003, Mach Learn 52:239–281: the variance of the mean of J differences is
    taken as ``(1 / J + test_share) * s**2`` in place of ``s**2 / J``.

    `test_share` is held-out rows per training row. Gives the statistic, its degrees of freedom
    J - 1 and the two-sided p value; t and p are NaN with fewer than two folds or where all
    differences are equal.
    """
    from scipy.stats import t as student

    degrees = len(differences) - 1
    if np.ptp(differences) == 0:
        return float("nan"), degrees, float("nan")
    variance = float(differences.var(ddof=1))
    t = float(differences.mean() / np.sqrt((1 / len(differences) + test_share) * variance))
    return t, degrees, float(2 * student.sf(abs(t), degrees))


def holm(p_values: Sequence[float]) -> list[float]:
    """Correct p values for their number by Holm's step-down method; NaN is not counted."""
    values = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(values, kind="stable")[: np.count_nonzero(np.isfinite(values))]
    corrected = np.full(len(values), np.nan)
    raised = [min(1.0, (len(order) - rank) * values[row]) for rank, row in enumerate(order)]
    corrected[order] = np.maximum.accumulate(raised)
    return corrected.tolist()


def _difference(a: Measured, b: Measured, metric: str) -> dict[str, Any]:
    """Compare one pair in one metric."""
    resampled = np.array([])
    if a.resampled and b.resampled:
        resampled = a.resampled[metric] - b.resampled[metric]
    by_fold = _over_folds(a, metric) - _over_folds(b, metric)
    t, degrees, fold_p = corrected_t_test(by_fold, _test_share(a))
    return {
        "pooled": getattr(a.record.pooled, metric) - getattr(b.record.pooled, metric),
        "interval": interval(resampled),
        "p": bootstrap_p(resampled),
        "over_folds": float(by_fold.mean()),
        "t": t,
        "degrees": degrees,
        "fold_p": fold_p,
    }


def _over_folds(measured: Measured, metric: str) -> FloatArray:
    return np.array([getattr(fold, metric) for fold in measured.record.folds])


def _test_share(measured: Measured) -> float:
    """Held-out rows per training row, averaged over folds."""
    folds = measured.record.folds
    test = float(np.mean([fold.rows for fold in folds]))
    training = measured.record.rows / len({fold.repeat for fold in folds}) - test
    return test / training if training > 0 else float("inf")


class McNemar(Record):
    """Rows, of the first repeat, on which model `a` or `b` alone is correct.

    `p` is the two-sided exact p value of "equally often"; `p_holm` is corrected for all pairs.
    """

    a: str
    b: str
    rows: int
    only_a: int
    only_b: int
    p: Number
    p_holm: Number


def mcnemar_pairs(scored: pd.DataFrame, pairs: Sequence[tuple[str, str]]) -> list[McNemar]:
    """Test `pairs`, correcting for their number by Holm's method.

    McNemar 1947, Psychometrika 12(2):153–157, as the exact binomial test of the discordant rows.
    Repeats test the same rows again, so the first alone is used. The test takes rows for
    independent; zones of one patient are not, which makes its p values too small. `scored` is what
    ``aggregation.score_at`` gives, rows of every model in the same order.
    """
    from scipy.stats import binomtest

    first = scored[scored["repeat"] == scored["repeat"].min()]
    right = {
        model: (rows["truth"] == rows["prediction"]).to_numpy()
        for model, rows in first.groupby("model")
    }
    tests = []
    for a, b in pairs:
        only_a = int(np.count_nonzero(right[a] & ~right[b]))
        only_b = int(np.count_nonzero(right[b] & ~right[a]))
        discordant = only_a + only_b
        p = float(binomtest(only_a, discordant).pvalue) if discordant else 1.0
        tests.append(
            McNemar(a=a, b=b, rows=len(right[a]), only_a=only_a, only_b=only_b, p=p, p_holm=p)
        )
    corrected = holm([test.p for test in tests])
    return [test.model_copy(update={"p_holm": p}) for test, p in zip(tests, corrected, strict=True)]
