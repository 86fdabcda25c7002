"""Ordinal regression: scores are ordered, and one direction tells them apart."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._param_validation import Interval

from lusscore.head.cumulative_logit import fit_cumulative_logit
from lusscore.head.embedding_head import CLASS_WEIGHTS, EmbeddingHead, sample_weights
from lusscore.head.registry import register_head
from lusscore.head.scaling import fit_scaling
from lusscore.head.training_frames import chosen_rows


@register_head("ordinal")
class OrdinalHead(EmbeddingHead):
    """Ordinal regression (cumulative logit, proportional odds) on standardised embeddings.

    McCullagh 1980; the likelihood stands in :mod:`lusscore.head.cumulative_logit`.

    Parameters
    ----------
    C
        Inverse of the strength of regularisation, above 0, as in `LogisticHead`.
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
        Gradient per frame at which it stops.
    seed
        Of the search for principal components.

    Attributes
    ----------
    classes_ : ndarray, shape (classes,)
        Labels seen in training, sorted: their order is the order of the model.
    scaling_ : Scaling
        Learned from the training rows.
    model_ : CumulativeLogit
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
        tol: float = 1e-5,
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
        targets = np.repeat(targets, times)
        self.scaling_ = fit_scaling(rows, self.components, self.seed)
        self.model_ = fit_cumulative_logit(
            self.scaling_.apply(rows),
            targets,
            sample_weights(self.class_weight, self.classes_[targets]),
            self.C,
            self.max_iter,
            self.tol,
        )
        self.n_iter_ = self.model_.steps

    def _probabilities(
        self, frames: NDArray[Any], clips: NDArray[np.int64] | None
    ) -> NDArray[np.float64]:
        return np.concatenate(
            [self.model_.probabilities(scaled) for scaled in self.scaling_.precise(frames)]
        )
