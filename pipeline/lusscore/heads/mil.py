"""Multiple-instance learning: a clip is scored as a whole, with attention over its frames."""

from __future__ import annotations

from dataclasses import fields
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax
from sklearn.utils._param_validation import Interval

from lusscore.heads.array_reader import ArrayReader
from lusscore.heads.bags import batch_rows, gather_bags
from lusscore.heads.embedding_head import (
    CLASS_WEIGHTS,
    EmbeddingHead,
    clean_variant,
    epoch_variant,
    sample_weights,
)
from lusscore.heads.gated_attention import Adam, GatedAttention, loss_and_gradient, start_weights
from lusscore.heads.linear_form import LinearForm
from lusscore.heads.registry import register_head
from lusscore.heads.scaling import Scaling, fit_scaling

_Int = NDArray[np.int64]
# Frames scaled at once in prediction, in whole clips: bounds the memory of float32 copies.
_FRAMES_AT_ONCE = 4096


@register_head("mil")
class MilHead(EmbeddingHead):
    """Gated attention over a clip's frames (multiple-instance learning), one score per clip.

    Ilse et al. 2018; the formulas stand in :mod:`lusscore.heads.gated_attention`. A bag is a
    recording; in training, a recording with stretches of different labels is a bag per label.
    Every frame of a clip gets the clip's probabilities.

    Parameters
    ----------
    attention
        Size of the attention's inner layer.
    dropout
        Fraction of each scaled embedding zeroed in training, 0 to below 1.
    learning_rate
        Step size of Adam, above 0.
    decay
        L2 penalty on the weights, 0 or above.
    batch_size
        Clips per step.
    epochs
        Passes over the training clips.
    class_weight
        ``"none"``, ``"balanced"`` (all classes count the same in sum over clips) or a dict of
        label and weight.
    components
        Whitened principal components to use; 0 for all of the standardised embedding.
    test_variants
        Average probabilities over the clean clip and its variants.
    seed
        Of initial weights, dropout, order of clips and the search for principal components.

    Attributes
    ----------
    classes_ : ndarray, shape (classes,)
        Labels seen in training, sorted.
    scaling_ : Scaling
        HeadState from the clean training frames.
    model_ : GatedAttention
        On scaled embeddings.
    loss_curve_ : list of float
        Mean training loss of each epoch.
    n_features_in_ : int
        Embedding size.
    """

    _parameter_constraints = {  # noqa: RUF012 - scikit-learn's own convention
        "attention": [Interval(Integral, 1, None, closed="left")],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "decay": [Interval(Real, 0, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "epochs": [Interval(Integral, 1, None, closed="left")],
        "class_weight": CLASS_WEIGHTS,
        "components": [Interval(Integral, 0, None, closed="left")],
        "test_variants": ["boolean"],
        "seed": [Interval(Integral, 0, None, closed="left")],
    }

    def __init__(
        self,
        attention: int = 128,
        dropout: float = 0.5,
        learning_rate: float = 0.0005,
        decay: float = 0.005,
        batch_size: int = 8,
        epochs: int = 20,
        class_weight: str | dict[Any, float] = "none",
        components: int = 0,
        test_variants: bool = False,
        seed: int = 0,
    ) -> None:
        self.attention = attention
        self.dropout = dropout
        self.learning_rate = learning_rate
        self.decay = decay
        self.batch_size = batch_size
        self.epochs = epochs
        self.class_weight = class_weight
        self.components = components
        self.test_variants = test_variants
        self.seed = seed

    def attention_weights(
        self, X: ArrayLike, clips: ArrayLike | None = None
    ) -> NDArray[np.float64]:
        """Return how much each frame counts for its clip, to be shown beside it.

        Parameters
        ----------
        X, clips
            As in `predict_proba`; of variants the clean one counts.

        Returns
        -------
        ndarray of float64, shape (frames,)
            From 0 to 1; the frames of a clip sum to 1.
        """
        seen, numbers, _ = self._check_test(X, clips)
        weights = np.zeros(len(seen))
        for rows, starts in _batches(numbers, len(seen)):
            scaled = self.scaling_.apply(seen[rows, 0])
            weights[rows] = self.model_.attention(scaled, starts)
        return weights

    def _train(
        self,
        embeddings: NDArray[Any],
        targets: _Int,
        groups: _Int | None,
        clips: _Int | None,
        exams: _Int | None,
    ) -> None:
        self.scaling_ = fit_scaling(clean_variant(embeddings), self.components, self.seed)
        order, starts = gather_bags(clips, len(targets), targets)
        classes = targets[order[starts]]
        weights = sample_weights(self.class_weight, self.classes_[classes])
        dim = self.scaling_.size
        adam = Adam(
            start_weights(dim, self.attention, len(self.classes_), self.seed),
            self.learning_rate,
            self.decay,
        )
        self.loss_curve_: list[float] = []
        for epoch in range(self.epochs):
            rng = np.random.default_rng([self.seed, epoch])
            seen = epoch_variant(embeddings, epoch)
            bags = rng.permutation(len(starts))
            total = 0.0
            for first in range(0, len(bags), self.batch_size):
                chosen = bags[first : first + self.batch_size]
                rows, at = batch_rows(order, starts, chosen)
                scaled = self._drop(self.scaling_.apply(seen[rows]), rng)
                loss, gradient = loss_and_gradient(
                    adam.net, scaled, at, classes[chosen], weights[chosen]
                )
                adam.step(gradient)
                total += loss * len(chosen)
            self.loss_curve_.append(total / len(bags))
        self.model_ = adam.net

    def learned_arrays(self) -> dict[str, NDArray[Any]]:
        """See :meth:`EmbeddingHead.learned_arrays`."""
        net = {
            f"net.{entry.name}": getattr(self.model_, entry.name) for entry in fields(self.model_)
        }
        return self.scaling_.arrays() | net

    def take_arrays(self, arrays: ArrayReader) -> None:
        """See :meth:`EmbeddingHead.take_arrays`."""
        self.scaling_ = Scaling.from_arrays(arrays, self.n_features_in_)
        dim, inner, count = self.scaling_.size, self.attention, len(self.classes_)
        self.model_ = GatedAttention(
            tanh=arrays.take("net.tanh", (dim, inner), np.float32),
            gate=arrays.take("net.gate", (dim, inner), np.float32),
            score=arrays.take("net.score", (inner,), np.float32),
            coef=arrays.take("net.coef", (dim, count), np.float32),
            intercept=arrays.take("net.intercept", (count,), np.float32),
        )

    def linear_form(self) -> LinearForm:
        """See :meth:`EmbeddingHead.linear_form`."""
        net = self.model_
        own = self.scaling_.unscaled(net.coef, net.intercept, self.n_features_in_)
        return LinearForm(*own, ("the frames of a clip are weighed by attention",))

    def _drop(self, scaled: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
        """Zero some of each embedding and make up for it, in place."""
        if self.dropout:
            kept = rng.random(scaled.shape, dtype=np.float32) >= self.dropout
            scaled *= kept
            scaled /= np.float32(1 - self.dropout)
        return scaled

    def _probabilities(
        self, frames: NDArray[Any], clips: _Int | None, exams: _Int | None
    ) -> NDArray[np.float64]:
        probabilities = np.zeros((len(frames), len(self.classes_)))
        for rows, starts in _batches(clips, len(frames)):
            logits = self.model_.logits(self.scaling_.apply(frames[rows]), starts)
            sizes = np.diff(starts, append=len(rows))
            probabilities[rows] = np.repeat(softmax(logits.astype(np.float64), 1), sizes, axis=0)
        return probabilities


def _batches(clips: _Int | None, frames: int) -> list[tuple[_Int, _Int]]:
    """Divide frames into batches of whole clips: their rows, and where each clip starts."""
    order, starts = gather_bags(clips, frames)
    batch = starts // _FRAMES_AT_ONCE
    bags = [np.flatnonzero(batch == number) for number in np.unique(batch)]
    return [batch_rows(order, starts, chosen) for chosen in bags]
