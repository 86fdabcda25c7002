"""Multiple-instance learning: a clip is scored as a whole, with attention over its frames.

Ilse, M., Tomczak, J. M., Welling, M. (2018). Attention-based deep multiple instance learning.
Proceedings of Machine Learning Research 80 (ICML), 2127–2136, equations 7 and 9: frame i of a clip
with embedding h_i gets the weight

    a_i = softmax_i( v · ( tanh(h_i T) ⊙ s(h_i G) ) ),        s(z) = 1 / (1 + exp(−z)),

the clip's embedding is Σ a_i h_i, and a softmax layer on it gives the clip's probabilities.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, softmax

from lusscore.backbones import import_keras
from lusscore.heads.base import (
    Array,
    EmbeddingHead,
    Floats,
    Ints,
    Owners,
    clean_variant,
    epoch_frames,
    sample_weights,
)
from lusscore.heads.clips import batch_rows, gather_bags, whole_clips
from lusscore.heads.linear import LinearView
from lusscore.heads.registry import register_head
from lusscore.heads.scaling import fit_scaling

_Float32 = NDArray[np.float32]
# Frames scaled at once in prediction, in whole clips: bounds the memory of float32 copies.
_FRAMES_AT_ONCE = 4096


@register_head("mil")
@dataclass(eq=False, repr=False)
class MilHead(EmbeddingHead):
    """Gated attention over a clip's frames (multiple-instance learning), one score per clip.

    Ilse et al. 2018; the formulas stand in :mod:`lusscore.heads.mil`. Trained by Keras; what is
    learned is kept as arrays, so that a fitted head predicts without Keras. A bag is a recording;
    in training, a recording with segments of different labels is a bag per label. Every frame of
    a clip gets the clip's probabilities.

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

    Attributes
    ----------
    tanh_, gate_ : ndarray of float32, shape (dim or components, attention)
        T and G of the formula.
    score_ : ndarray of float32, shape (attention,)
        v of the formula.
    coef_, intercept_ : ndarray of float32, shape (dim or components, classes) and (classes,)
        The softmax layer.
    """

    uses_keras = True
    learned_type = np.float32

    attention: int = 128
    dropout: float = 0.5
    learning_rate: float = 0.0005
    decay: float = 0.005
    batch_size: int = 8
    epochs: int = 20
    class_weight: str | dict[Any, float] = "none"
    components: int = 0
    test_variants: bool = False
    seed: int = 0

    def attention_weights(self, X: ArrayLike, clips: ArrayLike | None = None) -> Floats:
        """Return how much each frame counts for its clip, to be shown beside it.

        From 0 to 1, shape (frames,); the frames of a clip sum to 1. X and `clips` are as in
        `predict_proba`; of variants the clean one counts.
        """
        seen, numbers, _ = self._check_test(X, clips)
        weights = np.zeros(len(seen))
        for _, rows, starts in whole_clips(*gather_bags(numbers, len(seen)), _FRAMES_AT_ONCE):
            weights[rows] = self._attend(self.scaling_.apply(seen[rows, 0]), starts)
        return weights

    def _train(self, embeddings: Array, targets: Ints, owners: Owners) -> None:
        self.scaling_ = fit_scaling(clean_variant(embeddings), self.components, self.seed)
        order, starts = gather_bags(owners.clips, len(targets), targets)
        classes = targets[order[starts]]
        weights = sample_weights(self.class_weight, self.classes_[classes])
        layers, model = self._build()
        for epoch in range(self.epochs):
            bags = np.random.default_rng([self.seed, epoch]).permutation(len(starts))
            for first in range(0, len(bags), self.batch_size):
                chosen = bags[first : first + self.batch_size]
                rows, at = batch_rows(order, starts, chosen)
                frames = self.scaling_.apply(epoch_frames(embeddings, epoch, rows))
                owner = np.repeat(np.arange(len(at)), np.diff(at, append=len(rows)))
                members = np.arange(len(at))[:, None] == owner
                model.train_on_batch([frames, members], classes[chosen], weights[chosen])
        learned = [weight for layer in layers for weight in layer.get_weights()]
        self.tanh_, self.gate_, score, self.coef_, self.intercept_ = learned
        self.score_ = score[:, 0]

    def _build(self) -> tuple[list[Any], Any]:
        """Make the layers, and the compiled model of a batch of clips.

        Its inputs are the frames, shape (frames, dim), and which of them each clip has, bool,
        shape (clips, frames).
        """
        keras = import_keras()
        seeds = keras.random.SeedGenerator(self.seed)

        def dense(size: int, activation: str | None = None, use_bias: bool = False) -> Any:
            initial = keras.initializers.GlorotUniform(seed=seeds)
            penalty = keras.regularizers.L2(self.decay / 2)
            return keras.layers.Dense(
                size, activation, use_bias, initial, kernel_regularizer=penalty
            )

        tanh, gate = dense(self.attention, "tanh"), dense(self.attention, "sigmoid")
        score, answer = dense(1), dense(len(self.classes_), "softmax", use_bias=True)
        frames = keras.Input((self.scaling_.size,))
        members = keras.Input((None,), dtype="bool")
        seen = keras.layers.Dropout(self.dropout, seed=self.seed)(frames)
        scores = keras.ops.transpose(score(tanh(seen) * gate(seen)))
        weights = keras.ops.softmax(keras.ops.where(members, scores, -1e9), axis=1)
        model = keras.Model([frames, members], answer(keras.ops.matmul(weights, seen)))
        model.compile(
            optimizer=keras.optimizers.Adam(self.learning_rate, epsilon=1e-8),
            loss="sparse_categorical_crossentropy",
            jit_compile=False,  # batches are of different shapes
        )
        return [tanh, gate, score, answer], model

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        inner = {"tanh": (self._size, self.attention), "gate": (self._size, self.attention)}
        shapes = {**inner, "score": (self.attention,), **super()._shapes()}
        return {f"net.{name}": shape for name, shape in shapes.items()}

    def linear_view(self) -> LinearView:
        """Return the logits of a clean frame as a linear function of its embedding."""
        own, bias = self.scaling_.unscaled(self.coef_, self.intercept_, self.n_features_in_)
        return LinearView(own, bias, ("the frames of a clip are weighted by attention",))

    def _attend(self, x: _Float32, starts: Ints) -> _Float32:
        """Return the weight of each frame, shape (frames,); those of a clip sum to 1.

        The frames of a clip are together, and `starts` says where each begins.
        """
        scores = (np.tanh(x @ self.tanh_) * expit(x @ self.gate_)) @ self.score_
        sizes = np.diff(starts, append=len(x))
        powers = np.exp(scores - np.repeat(np.maximum.reduceat(scores, starts), sizes))
        return np.asarray(powers / np.repeat(np.add.reduceat(powers, starts), sizes))

    def _probabilities(self, frames: Array, clips: Ints | None, exams: Ints | None) -> Floats:
        probabilities = np.zeros((len(frames), len(self.classes_)))
        for _, rows, starts in whole_clips(*gather_bags(clips, len(frames)), _FRAMES_AT_ONCE):
            x = self.scaling_.apply(frames[rows])
            pooled = np.add.reduceat(self._attend(x, starts)[:, None] * x, starts, axis=0)
            logits = (pooled @ self.coef_ + self.intercept_).astype(np.float64)
            sizes = np.diff(starts, append=len(rows))
            probabilities[rows] = np.repeat(softmax(logits, axis=1), sizes, axis=0)
        return probabilities
