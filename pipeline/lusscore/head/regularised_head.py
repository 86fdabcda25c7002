"""What the convex heads share: the settings of a regularised model on scaled embeddings."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar

from sklearn.utils._param_validation import Interval

from lusscore.head.embedding_head import CLASS_WEIGHTS, EmbeddingHead


# scikit-learn reads settings off the signature of __init__, which a dataclass writes
@dataclass(eq=False, repr=False)
class RegularisedHead(EmbeddingHead):
    """A head whose one answer depends on the strength of its regularisation.

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
        Gradient, per frame where the head sums over frames itself, at which it stops.
    seed
        Of the search for principal components, and of whatever else is drawn.

    Attributes
    ----------
    scaling_ : Scaling
        Learned from the training rows.
    n_iter_ : int
        Steps that the optimiser took; `max_iter` of them mean that it did not arrive.
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "C": [Interval(Real, 0, None, closed="neither")],
        "class_weight": CLASS_WEIGHTS,
        "variants": ["boolean"],
        "components": [Interval(Integral, 0, None, closed="left")],
        "test_variants": ["boolean"],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="neither")],
        "seed": [Interval(Integral, 0, None, closed="left")],
    }

    C: float = 1.0
    class_weight: str | dict[Any, float] = "none"
    variants: bool = False
    components: int = 0
    test_variants: bool = False
    max_iter: int = 1000
    tol: float = 1e-4
    seed: int = 0
