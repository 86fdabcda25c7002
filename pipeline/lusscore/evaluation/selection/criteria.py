"""By which number candidates are put in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusscore.evaluation.predictions import SCORES

_Int = NDArray[np.int64]
_Float = NDArray[np.float64]
Criterion = Callable[[_Int, _Int, _Float], float]


def _metrics() -> Any:
    """Import scikit-learn's metrics where something is chosen, and not for a run that is there."""
    from sklearn import metrics

    return metrics


def _macro_auc(truth: _Int, probabilities: _Float) -> float:
    """Mean over the scores that some rows have and others have not."""
    present = [score for score in SCORES if 0 < np.sum(truth == score) < len(truth)]
    each = [_metrics().roc_auc_score(truth == score, probabilities[:, score]) for score in present]
    return float(np.mean(each))


def _log_likelihood(truth: _Int, probabilities: _Float) -> float:
    """Mean logarithm of the probability of the truth; one of 0 counts as 1e-6."""
    own = probabilities[np.arange(len(truth)), truth]
    return float(np.log(np.maximum(own, 1e-6)).mean())


CRITERIA: dict[str, Criterion] = {
    "quadratic_kappa": lambda truth, scores, _: float(
        _metrics().cohen_kappa_score(truth, scores, weights="quadratic", labels=SCORES)
    ),
    "accuracy": lambda truth, scores, _: float(_metrics().accuracy_score(truth, scores)),
    "balanced_accuracy": lambda truth, scores, _: float(
        _metrics().balanced_accuracy_score(truth, scores)
    ),
    "macro_f1": lambda truth, scores, _: float(
        _metrics().f1_score(
            truth, scores, average="macro", labels=np.unique(truth), zero_division=0
        )
    ),
    "macro_auc": lambda truth, _, probabilities: _macro_auc(truth, probabilities),
    "log_likelihood": lambda truth, _, probabilities: _log_likelihood(truth, probabilities),
}
"""Name → (truth, predicted scores, probabilities (rows, 4)) → a number, more being better."""
