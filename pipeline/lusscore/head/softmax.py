"""The paper's head: dropout and a softmax layer, trained with Adam on cross-entropy."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from lusscore.backbones.keras_runtime import import_keras
from lusscore.head.registry import register_head

# Batches handed to the backend at once: results are the same, the overhead per batch is not.
_STEPS_PER_EXECUTION = 64

OPTIMIZERS = ("adam", "sgd", "rmsprop", "adamw")


@register_head("softmax")
class SoftmaxHead(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Dropout and a dense softmax layer on pooled embeddings (Raillard et al. 2022).

    Trained by Keras; what is learned is kept as two arrays, so that a fitted head predicts
    without Keras.

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
    seed
        Of the initial weights, the dropout and the order of frames.

    Attributes
    ----------
    classes_ : ndarray, shape (classes,)
        Labels seen in training, sorted.
    coef_ : ndarray of float32, shape (dim, classes)
        Weights of the dense layer.
    intercept_ : ndarray of float32, shape (classes,)
        Its bias.
    loss_curve_ : list of float
        Mean training loss of each epoch.
    n_features_in_ : int
        Embedding size.
    """

    _parameter_constraints = {  # noqa: RUF012 - scikit-learn's own convention
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "learning_rate": [Interval(Real, 0, None, closed="neither")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "epochs": [Interval(Integral, 1, None, closed="left")],
        "optimizer": [StrOptions(set(OPTIMIZERS))],
        "seed": [Interval(Integral, 0, None, closed="left")],
    }

    def __init__(
        self,
        dropout: float = 0.5,
        learning_rate: float = 0.001,
        batch_size: int = 32,
        epochs: int = 3,
        optimizer: str = "adam",
        seed: int = 0,
    ) -> None:
        self.dropout = dropout
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.epochs = epochs
        self.optimizer = optimizer
        self.seed = seed

    def fit(self, X: ArrayLike, y: ArrayLike) -> SoftmaxHead:
        """Train on embeddings.

        Parameters
        ----------
        X
            float, shape (frames, dim), or (frames, 1 + variants, dim): then epoch e sees each
            frame as variant 1 + (e mod variants), as augmentation on the fly would, and the
            clean variant 0 only where there is no other.
        y
            Labels, shape (frames,).
        """
        self._validate_params()
        embeddings, labels = validate_data(self, X, y, allow_nd=True, ensure_min_samples=2)
        check_classification_targets(labels)
        self.n_features_in_ = embeddings.shape[-1]
        self.classes_, targets = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"SoftmaxHead needs labels of at least two classes, got 1 class: {self.classes_}."
            )
        layer, model = self._build()
        self.loss_curve_: list[float] = []
        for epoch in range(self.epochs):
            order = np.random.default_rng([self.seed, epoch]).permutation(len(targets))
            seen = _epoch_view(embeddings, epoch)[order].astype(np.float32)
            history = model.fit(
                seen,
                targets[order],
                batch_size=self.batch_size,
                epochs=1,
                shuffle=False,
                verbose=0,
            )
            self.loss_curve_.append(float(history.history["loss"][0]))
        self.coef_, self.intercept_ = (np.asarray(weight) for weight in layer.get_weights())
        return self

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return class probabilities.

        Parameters
        ----------
        X
            float, shape (frames, dim), or (frames, 1 + variants, dim) of which variant 0 counts.

        Returns
        -------
        ndarray of float64, shape (frames, classes)
            Each row sums to 1; columns as in `classes_`.
        """
        check_is_fitted(self)
        # scikit-learn counts features along the second axis, so the variants go before it looks
        if isinstance(X, np.ndarray) and X.ndim == 3:
            X = X[:, 0]
        clean = validate_data(self, X, reset=False)
        logits = clean.astype(np.float32) @ self.coef_ + self.intercept_
        probabilities: NDArray[np.float64] = softmax(logits.astype(np.float64), axis=1)
        return probabilities

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the most probable label of each frame, shape (frames,)."""
        probabilities = self.predict_proba(X)
        labels: NDArray[Any] = self.classes_[probabilities.argmax(axis=1)]
        return labels

    def _build(self) -> tuple[Any, Any]:
        """Make the dense layer and the compiled model around it."""
        keras = import_keras()
        layer = keras.layers.Dense(
            len(self.classes_),
            activation="softmax",
            kernel_initializer=keras.initializers.GlorotUniform(seed=self.seed),
        )
        model = keras.Sequential(
            [
                keras.layers.Input((self.n_features_in_,)),
                keras.layers.Dropout(self.dropout, seed=self.seed),
                layer,
            ]
        )
        optimizer = keras.optimizers.get(self.optimizer)
        optimizer.learning_rate = self.learning_rate
        model.compile(
            optimizer=optimizer,
            loss="sparse_categorical_crossentropy",
            steps_per_execution=_STEPS_PER_EXECUTION,
            jit_compile=False,  # compiling costs far more than three epochs of one layer
        )
        return layer, model


def _epoch_view(embeddings: NDArray[Any], epoch: int) -> NDArray[Any]:
    """Choose the variant that an epoch sees: shape (frames, dim)."""
    if embeddings.ndim == 2:
        return embeddings
    variants = embeddings.shape[1] - 1
    chosen: NDArray[Any] = embeddings[:, 1 + epoch % variants if variants else 0]
    return chosen
