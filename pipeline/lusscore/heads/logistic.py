"""Multinomial logistic regression."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax

from lusscore.heads.array_reader import ArrayReader
from lusscore.heads.linear_form import LinearForm, logits_of_two
from lusscore.heads.registry import register_head
from lusscore.heads.regularised_head import RegularisedHead
from lusscore.heads.row_space import fit_penalised_scaling
from lusscore.heads.scaling import Scaling
from lusscore.heads.training_frames import chosen_rows


@register_head("logistic")
class LogisticHead(RegularisedHead):
    """Multinomial logistic regression on standardised embeddings, regularised by C.

    Minimises C times the weighted sum of cross-entropies plus half the squared weights
    (scikit-learn's `LogisticRegression`, L-BFGS), in float32.

    Attributes
    ----------
    coef_ : ndarray of float64, shape (size of a scaled example, classes or 1)
        Weights; of two classes those of the second.
    intercept_ : ndarray of float64, shape (classes or 1,)
        Its bias.
    """

    def _learn(
        self,
        embeddings: NDArray[Any],
        targets: NDArray[np.int64],
        groups: NDArray[np.int64] | None,
    ) -> None:
        rows, times = chosen_rows(embeddings, self.variants)
        self.scaling_ = fit_penalised_scaling(rows, self.components, self.seed)
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression(
            C=self.C,
            class_weight=None if self.class_weight == "none" else self.class_weight,
            max_iter=self.max_iter,
            tol=self.tol,
        )
        model.fit(self.scaling_.apply(rows), self.classes_[np.repeat(targets, times)])
        self.coef_ = np.array(model.coef_.T, np.float64, order="C")
        self.intercept_ = np.array(model.intercept_, np.float64)
        self.n_iter_ = int(model.n_iter_.max())

    def learned_arrays(self) -> dict[str, NDArray[Any]]:
        """See :meth:`EmbeddingHead.learned_arrays`."""
        return self.scaling_.arrays() | {"coef": self.coef_, "intercept": self.intercept_}

    def take_arrays(self, arrays: ArrayReader) -> None:
        """See :meth:`EmbeddingHead.take_arrays`."""
        self.scaling_ = Scaling.from_arrays(arrays, self._width)
        columns = 1 if len(self.classes_) == 2 else len(self.classes_)
        self.coef_ = arrays.take("coef", (self.scaling_.size, columns), np.float64)
        self.intercept_ = arrays.take("intercept", (columns,), np.float64)

    def _scaled_form(self) -> LinearForm:
        if len(self.classes_) == 2:
            return LinearForm(*logits_of_two(self.coef_[:, 0], self.intercept_[0]))
        return LinearForm(self.coef_, self.intercept_)

    def _answer(self, frames: NDArray[Any]) -> NDArray[np.float64]:
        logits = np.concatenate(
            [scaled @ self.coef_ + self.intercept_ for scaled in self.scaling_.precise(frames)]
        )
        if len(self.classes_) > 2:
            return np.asarray(softmax(logits, axis=1))
        second = expit(logits)
        return np.concatenate([1 - second, second], axis=1)
