"""Multinomial logistic regression."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.utils._param_validation import Interval

from lusscore.head.embedding_head import CLASS_WEIGHTS, EmbeddingHead
from lusscore.head.registry import register_head
from lusscore.head.scaling import fit_scaling
from lusscore.head.training_frames import chosen_rows


@register_head("logistic")
class LogisticHead(EmbeddingHead):
    """Multinomial logistic regression on standardised embeddings, regularised by C.

    Minimises C times the weighted sum of cross-entropies plus half the squared weights
    (scikit-learn's `LogisticRegression`, L-BFGS), in float32.

    Parameters
    ----------
    C
        Inverse of the strength of regularisation, above 0.
    class_weight
        ``"none"``, ``"balanced"`` (all classes count the same in sum) or a dict of label and
        weight.
    variants
        Train on the augmented variants too, not on clean frames alone.
    components
        Whitened principal components to use; 0 for all of the standardised embedding.
    test_variants
        Average probabilities over the clean frame and its variants.
    max_iter
        Most steps of the optimiser.
    tol
        Gradient at which it stops.
    seed
        Of the search for principal components.

    Attributes
    ----------
    classes_ : ndarray, shape (classes,)
        Labels seen in training, sorted.
    scaling_ : Scaling
        Learned from the training rows.
    model_ : LogisticRegression
        On scaled embeddings.
    n_iter_ : int
        Steps that the optimiser took; `max_iter` of them mean that it did not arrive.
    n_features_in_ : int
        Embedding size.
    """

    _parameter_constraints = {  # noqa: RUF012 - scikit-learn's own convention
        "C": [Interval(Real, 0, None, closed="neither")],
        "class_weight": CLASS_WEIGHTS,
        "variants": ["boolean"],
        "components": [Interval(Integral, 0, None, closed="left")],
        "test_variants": ["boolean"],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="neither")],
        "seed": [Interval(Integral, 0, None, closed="left")],
    }

    def __init__(
        self,
        C: float = 1.0,  # noqa: N803 - scikit-learn's own name
        class_weight: str | dict[Any, float] = "none",
        variants: bool = False,
        components: int = 0,
        test_variants: bool = False,
        max_iter: int = 1000,
        tol: float = 1e-4,
        seed: int = 0,
    ) -> None:
        self.C = C
        self.class_weight = class_weight
        self.variants = variants
        self.components = components
        self.test_variants = test_variants
        self.max_iter = max_iter
        self.tol = tol
        self.seed = seed

    def _train(
        self,
        embeddings: NDArray[Any],
        targets: NDArray[np.int64],
        groups: NDArray[np.int64] | None,
        clips: NDArray[np.int64] | None,
    ) -> None:
        rows, times = chosen_rows(embeddings, self.variants)
        self.scaling_ = fit_scaling(rows, self.components, self.seed)
        self.model_ = LogisticRegression(
            C=self.C,
            class_weight=None if self.class_weight == "none" else self.class_weight,
            max_iter=self.max_iter,
            tol=self.tol,
        )
        self.model_.fit(self.scaling_.apply(rows), self.classes_[np.repeat(targets, times)])
        self.n_iter_ = int(self.model_.n_iter_.max())

    def _probabilities(
        self, frames: NDArray[Any], clips: NDArray[np.int64] | None
    ) -> NDArray[np.float64]:
        return np.concatenate(
            [self.model_.predict_proba(scaled) for scaled in self.scaling_.precise(frames)]
        )
