"""The paper's head: dropout and a softmax layer, trained with Adam on cross-entropy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

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
from lusscore.heads.linear import LinearView
from lusscore.heads.mapped_rows import MappedRows
from lusscore.heads.registry import register_head
from lusscore.heads.scaling import fit_scaling

# Batches handed to the backend at once: results are the same, the overhead per batch is not.
_STEPS_PER_EXECUTION = 64
_FRAMES_AT_ONCE = 16_384


@register_head("softmax")
@dataclass(eq=False, repr=False)
class SoftmaxHead(EmbeddingHead):
    """The paper's head: dropout and a dense softmax layer (Raillard et al. 2022).

    Trained by Keras; what is learned is kept as arrays, so that a fitted head predicts without
    Keras. Epoch e sees each frame as variant 1 + (e mod variants), as augmentation on the fly
    would, and the clean variant 0 only where there is no other. The defaults are the paper's: no
    scaling, no class weights, no mixup.

    Parameters
    ----------
    dropout
        Fraction of the embedding zeroed in training, 0 to below 1.
    learning_rate
        Step size of the optimizer, above 0.
    batch_size
        Frames per step.
    epochs
        Passes over the training frames.
    optimizer
        Keras's name of it: ``"adam"``, ``"sgd"``, ``"rmsprop"`` or ``"adamw"``.
    mixup
        Parameter of the Beta distribution by which pairs of training frames are mixed; 0 for
        none.

    Attributes
    ----------
    coef_, intercept_ : ndarray of float32, shape (dim or components, classes) and (classes,)
        The dense layer.
    """

    uses_keras = True
    takes_mapped_rows = True
    learned_type = np.float32

    dropout: float = 0.5
    learning_rate: float = 0.001
    batch_size: int = 32
    epochs: int = 3
    optimizer: str = "adam"
    class_weight: str | dict[Any, float] = "none"
    mixup: float = 0.0
    components: int = 0
    test_variants: bool = False
    seed: int = 0

    def _train(self, embeddings: Array | MappedRows, targets: Ints, owners: Owners) -> None:
        self.scaling_ = None
        if self.components:
            self.scaling_ = fit_scaling(clean_variant(embeddings), self.components, self.seed)
        weights = None
        if self.class_weight != "none":
            weights = sample_weights(self.class_weight, self.classes_[targets])
        layer, model = self._build()
        # pairs to mix are drawn among all frames; else some thousand at a time save memory, in
        # whole executions, so that the batches are the same
        executed = self.batch_size * _STEPS_PER_EXECUTION
        step = len(targets) if self.mixup else executed * max(1, _FRAMES_AT_ONCE // executed)
        for epoch in range(self.epochs):
            rng = np.random.default_rng([self.seed, epoch])
            order = rng.permutation(len(targets))
            for start in range(0, len(order), step):
                chosen = order[start : start + step]
                seen = self._scaled(epoch_frames(embeddings, epoch, chosen))
                truth: Array = targets[chosen]
                counts = None if weights is None else weights[chosen]
                if self.mixup:
                    wanted = np.eye(len(self.classes_))[truth]
                    seen, truth, counts = mix(seen, wanted, counts, self.mixup, rng)
                model.fit(
                    seen, truth, self.batch_size, sample_weight=counts, shuffle=False, verbose=0
                )
        self.coef_, self.intercept_ = layer.get_weights()

    @property
    def _width(self) -> int:
        return super()._width if self.components else 0

    def linear_view(self) -> LinearView:
        """Return the logits of a clean frame as a linear function of its embedding."""
        if self.scaling_ is None:
            return LinearView(self.coef_.astype(np.float64), self.intercept_.astype(np.float64))
        return LinearView(*self.scaling_.unscaled(self.coef_, self.intercept_, self.n_features_in_))

    def _scaled(self, frames: Array) -> NDArray[np.float32]:
        if self.scaling_ is None:
            return np.asarray(frames, np.float32)
        return np.asarray(self.scaling_.apply(frames))

    def _probabilities(self, frames: Array, clips: Ints | None, exams: Ints | None) -> Floats:
        logits = self._scaled(frames) @ self.coef_ + self.intercept_
        return np.asarray(softmax(logits.astype(np.float64), axis=1))

    def _build(self) -> tuple[Any, Any]:
        """Make the dense layer and the compiled model around it."""
        keras = import_keras()
        initial = keras.initializers.GlorotUniform(seed=self.seed)
        layer = keras.layers.Dense(len(self.classes_), "softmax", kernel_initializer=initial)
        dropout = keras.layers.Dropout(self.dropout, seed=self.seed)
        model = keras.Sequential([keras.layers.Input((self._size,)), dropout, layer])
        optimizer = keras.optimizers.get(self.optimizer)
        optimizer.learning_rate = self.learning_rate
        model.compile(
            optimizer=optimizer,
            loss=f"{'' if self.mixup else 'sparse_'}categorical_crossentropy",
            steps_per_execution=_STEPS_PER_EXECUTION,
            jit_compile=False,  # compiling costs far more than three epochs of one layer
        )
        return layer, model


def mix(
    embeddings: NDArray[np.float32],
    targets: Floats,
    weights: Floats | None,
    alpha: float,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float32], Floats, Floats | None]:
    """Replace each frame, its target and its weight by a mean of it and another.

    Zhang, H., Cisse, M., Dauphin, Y. N., Lopez-Paz, D. (2018). mixup: beyond empirical risk
    minimization. ICLR. There images are mixed, here their embeddings, shape (frames, dim), and
    targets, shape (frames, classes); each pair draws its own share from Beta(alpha, alpha).
    """
    partner = rng.permutation(len(embeddings))
    share = rng.beta(alpha, alpha, len(embeddings))
    part = share.astype(np.float32)[:, None]
    mixed = part * embeddings + (1 - part) * embeddings[partner]
    mixed_targets = share[:, None] * targets + (1 - share[:, None]) * targets[partner]
    counts = None if weights is None else share * weights + (1 - share) * weights[partner]
    return mixed, mixed_targets, counts
