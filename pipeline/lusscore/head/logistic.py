"""Multinomial logistic regression."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from lusscore.head.registry import register_head
from lusscore.head.regularised_head import RegularisedHead
from lusscore.head.row_space import fit_penalised_scaling
from lusscore.head.training_frames import chosen_rows


@register_head("logistic")
class LogisticHead(RegularisedHead):
    """Multinomial logistic regression on standardised embeddings, regularised by C.

    Minimises C times the weighted sum of cross-entropies plus half the squared weights
    (scikit-learn's `LogisticRegression`, L-BFGS), in float32.

    Attributes
    ----------
    model_ : LogisticRegression
        On scaled embeddings.
    """

    def _learn(
        self,
        embeddings: NDArray[Any],
        targets: NDArray[np.int64],
        groups: NDArray[np.int64] | None,
    ) -> None:
        rows, times = chosen_rows(embeddings, self.variants)
        self.scaling_ = fit_penalised_scaling(rows, self.components, self.seed)
        self.model_ = LogisticRegression(
            C=self.C,
            class_weight=None if self.class_weight == "none" else self.class_weight,
            max_iter=self.max_iter,
            tol=self.tol,
        )
        self.model_.fit(self.scaling_.apply(rows), self.classes_[np.repeat(targets, times)])
        self.n_iter_ = int(self.model_.n_iter_.max())

    def _answer(self, frames: NDArray[Any]) -> NDArray[np.float64]:
        return np.concatenate(
            [self.model_.predict_proba(scaled) for scaled in self.scaling_.precise(frames)]
        )
