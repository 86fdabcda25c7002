"""Multinomial logistic regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax

from lusscore.heads.array_reader import ArrayReader
from lusscore.heads.base import Floats, Ints
from lusscore.heads.linear import LinearView, logits_of_two
from lusscore.heads.registry import register_head
from lusscore.heads.regularised import RegularisedHead
from lusscore.heads.scaling import Scaling

RECOMMENDED = "recommended"
RECOMMENDED_LAYERS = ("32.top", "32.middle", "32.bottom", "16.mean")
"""What the recommended head sees where the card keeps all of them, else the embedding."""


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

    def _learn(self, examples: NDArray[Any], targets: Ints, groups: Ints | None) -> None:
        from sklearn.linear_model import LogisticRegression

        self.scaling_, scaled, targets = self._scale(examples, targets)
        model = LogisticRegression(
            C=self.C,
            class_weight=None if self.class_weight == "none" else self.class_weight,
            max_iter=self.max_iter,
            tol=self.tol,
        )
        model.fit(scaled, self.classes_[targets])
        self.coef_ = np.array(model.coef_.T, np.float64, order="C")
        self.intercept_ = np.array(model.intercept_, np.float64)
        self.n_iter_ = int(model.n_iter_.max())

    def learned_arrays(self) -> dict[str, NDArray[Any]]:
        """Return what prediction needs, by name."""
        return self.scaling_.arrays() | {"coef": self.coef_, "intercept": self.intercept_}

    def take_arrays(self, arrays: ArrayReader) -> None:
        """Take over what `learned_arrays` gave."""
        self.scaling_ = Scaling.from_arrays(arrays, self._width)
        columns = 1 if len(self.classes_) == 2 else len(self.classes_)
        self.coef_ = arrays.take("coef", (self.scaling_.size, columns), np.float64)
        self.intercept_ = arrays.take("intercept", (columns,), np.float64)

    def _scaled_view(self) -> LinearView:
        if len(self.classes_) == 2:
            return LinearView(*logits_of_two(self.coef_[:, 0], self.intercept_[0]))
        return LinearView(self.coef_, self.intercept_)

    def _predict_scaled(self, scaled: Floats) -> Floats:
        logits = scaled @ self.coef_ + self.intercept_
        if len(self.classes_) > 2:
            return np.asarray(softmax(logits, axis=1))
        second = expit(logits)
        return np.concatenate([1 - second, second], axis=1)


@register_head(RECOMMENDED)
@dataclass(eq=False, repr=False)
class RecommendedHead(LogisticHead):
    """Logistic regression with settings chosen on COVID-BLUES and the phantom.

    It is :class:`LogisticHead` on augmented frames too, strongly regularised. On any other cohort
    it is fixed beforehand; on those two its results are selection and not test.
    """

    C: float = 0.003
    variants: bool = True
