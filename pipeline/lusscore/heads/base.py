"""What all heads share: their settings, checking embeddings, and probabilities of variants."""

from __future__ import annotations

from abc import ABC, abstractmethod
from numbers import Integral, Real
from typing import Any, ClassVar, NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    assert_all_finite,
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from lusscore.heads.array_reader import ArrayReader
from lusscore.heads.linear import LinearView
from lusscore.heads.mapped_rows import MappedRows
from lusscore.heads.scaling import Scaling

_Self = TypeVar("_Self", bound="EmbeddingHead")
Array = NDArray[Any]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_NATURAL = [Interval(Integral, 0, None, closed="left")]
_COUNT = [Interval(Integral, 1, None, closed="left")]
_POSITIVE = [Interval(Real, 0, None, closed="neither")]
_BOOLEAN = ["boolean"]
_NOT_NEGATIVE = [Interval(Real, 0, None, closed="left")]


class Owners(NamedTuple):
    """Patient, recording and exam of each frame by number, shape (frames,) each, where known."""

    groups: Ints | None
    clips: Ints | None
    exams: Ints | None


class EmbeddingHead(ClassifierMixin, BaseEstimator, ABC):  # type: ignore[misc]
    """A classifier of frames by their embeddings, with or without an axis of variants.

    Subclasses are dataclasses: scikit-learn reads settings off the signature of ``__init__``. All
    have these settings; what any setting may be is said here once, whichever heads have it.

    Parameters
    ----------
    class_weight
        ``"none"``, ``"balanced"`` (all classes count the same in sum) or a dict of label and
        weight.
    components
        Whitened principal components of the standardised embedding to use; 0 for none.
    test_variants
        Average probabilities over the clean frame and its variants, rather than those of the
        clean frame alone.
    seed
        Of all that is drawn, the search for principal components included.

    Attributes
    ----------
    classes_ : ndarray, shape (classes,)
        Labels seen in training, sorted.
    n_features_in_ : int
        Embedding size.
    scaling_ : Scaling or None
        Learned from the training frames; None where embeddings are used as they are.
    """

    uses_keras: ClassVar[bool] = False
    # whether it gathers what it needs of embeddings that lie on the disk
    takes_mapped_rows: ClassVar[bool] = False
    # attributes that are learned and no arrays, and are kept beside them
    whole_numbers: ClassVar[tuple[str, ...]] = ()
    learned_type: ClassVar[type[np.floating[Any]]] = np.float64
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **dict.fromkeys(("components", "seed"), _NATURAL),
        **dict.fromkeys(("attention", "batch_size", "epochs", "max_iter"), _COUNT),
        **dict.fromkeys(("C", "tol", "learning_rate"), _POSITIVE),
        **dict.fromkeys(("decay", "mixup"), _NOT_NEGATIVE),
        **dict.fromkeys(("variants", "test_variants"), _BOOLEAN),
        "class_weight": [StrOptions({"none", "balanced"}), dict],
        "context": [StrOptions({"none", "exam"})],
        "dropout": [Interval(Real, 0, 1, closed="left")],
        "inner_folds": [Interval(Integral, 2, None, closed="left")],
        "optimizer": [StrOptions({"adam", "sgd", "rmsprop", "adamw"})],
        "pooling": [StrOptions({"none", "mean", "mean-std"})],
    }
    test_variants: bool
    scaling_: Any

    def fit(
        self: _Self,
        X: ArrayLike | MappedRows,
        y: ArrayLike,
        groups: ArrayLike | None = None,
        clips: ArrayLike | None = None,
        exams: ArrayLike | None = None,
    ) -> _Self:
        """Train on embeddings.

        Parameters
        ----------
        X
            float, shape (frames, dim), or (frames, 1 + variants, dim), variant 0 being the clean
            frame; neither changed nor copied whole to another type. Or :class:`MappedRows`.
        y
            Labels, shape (frames,).
        groups
            Patient of each frame, shape (frames,): splits made inside the training data keep
            patients apart. Without it each frame counts as a patient of its own.
        clips, exams
            Recording and exam of each frame, shape (frames,). Without them each frame counts as a
            recording, and each recording as an exam, of its own.

        Raises
        ------
        ValueError
            If a setting is out of range, shapes do not fit, a value is not finite or there are
            fewer than two classes.
        """
        self._validate_params()
        embeddings: Array | MappedRows
        if isinstance(X, MappedRows) and self.takes_mapped_rows:
            embeddings, labels = X, column_or_1d(y)
        else:
            whole = np.asarray(X) if isinstance(X, MappedRows) else X
            embeddings, labels = validate_data(self, whole, y, allow_nd=True, ensure_min_samples=2)
        check_classification_targets(labels)
        check_consistent_length(embeddings, groups, clips, exams)
        self.n_features_in_ = embeddings.shape[-1]
        self.classes_, targets = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"{type(self).__name__} needs labels of at least two classes, got 1 class: "
                f"{self.classes_}."
            )
        self._train(embeddings, targets, Owners(*map(_numbered, (groups, clips, exams))))
        return self

    def predict_proba(
        self, X: ArrayLike, clips: ArrayLike | None = None, exams: ArrayLike | None = None
    ) -> Floats:
        """Return class probabilities, shape (frames, classes); columns as in `classes_`.

        X is float, shape (frames, dim), or (frames, 1 + variants, dim), of which variant 0 counts
        unless ``test_variants`` is set. `clips` and `exams`, shape (frames,), are used by heads
        that look at whole ones.
        """
        seen, *numbers = self._check_test(X, clips, exams)
        variants = range(seen.shape[1] if self.test_variants else 1)
        total = sum(self._probabilities(seen[:, variant], *numbers) for variant in variants)
        return np.asarray(np.asarray(total, np.float64) / len(variants))

    def predict(
        self, X: ArrayLike, clips: ArrayLike | None = None, exams: ArrayLike | None = None
    ) -> Array:
        """Return the most probable label of each frame, shape (frames,)."""
        best = self.predict_proba(X, clips, exams).argmax(axis=1)
        return np.asarray(self.classes_[best])

    def _check_test(
        self, X: ArrayLike, clips: ArrayLike | None, exams: ArrayLike | None = None
    ) -> tuple[Array, Ints | None, Ints | None]:
        """Return embeddings of shape (frames, variants, dim), and clips and exams by number."""
        check_is_fitted(self)
        # scikit-learn counts features along the second axis, so the variants join the frames first
        variants = 1
        if isinstance(X, np.ndarray) and X.ndim == 3:
            variants = X.shape[1]
            X = X.reshape(-1, X.shape[-1])
        flat = validate_data(self, X, reset=False)
        seen = flat.reshape(-1, variants, flat.shape[-1])
        check_consistent_length(seen, clips, exams)
        return seen, _numbered(clips), _numbered(exams)

    def learned_arrays(self) -> dict[str, Array]:
        """Return what prediction needs beside settings, classes and size, as arrays by name."""
        scaling = {} if self.scaling_ is None else self.scaling_.arrays()
        return scaling | {name: getattr(self, _attribute(name)) for name in self._shapes()}

    def take_arrays(self, arrays: ArrayReader) -> None:
        """Take over what :meth:`learned_arrays` gave; settings and facts are there already."""
        self.scaling_ = Scaling.from_arrays(arrays, self._width) if self._width else None
        for name, shape in self._shapes().items():
            setattr(self, _attribute(name), arrays.take(name, shape, self.learned_type))

    @property
    def _width(self) -> int:
        """How many numbers an example has before it is scaled; 0 where none is."""
        return int(self.n_features_in_)

    @property
    def _size(self) -> int:
        """How many numbers an example has, scaled or not."""
        return int(self.n_features_in_) if self.scaling_ is None else self.scaling_.size

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        """Name the arrays of a bundle and their shapes; ``x.coef`` is the attribute ``coef_``."""
        count = len(self.classes_)
        return {"coef": (self._size, count), "intercept": (count,)}

    @abstractmethod
    def linear_view(self) -> LinearView:
        """Return the logits of a clean frame as a linear function of its embedding."""

    @abstractmethod
    def _train(self, embeddings: Any, targets: Ints, owners: Owners) -> None:
        """Learn from checked input; `targets` are rows of `classes_`."""

    @abstractmethod
    def _probabilities(self, frames: Array, clips: Ints | None, exams: Ints | None) -> Floats:
        """Return (frames, classes) of one variant, shape (frames, dim)."""


def clean_variant(embeddings: Array | MappedRows) -> Array:
    """Return the clean frames, shape (frames, dim), as a view where that can be."""
    if isinstance(embeddings, MappedRows):
        return embeddings.variant(0)
    return embeddings if embeddings.ndim == 2 else embeddings[:, 0]


def epoch_frames(embeddings: Array | MappedRows, epoch: int, frames: Ints) -> Array:
    """Gather what an epoch sees of some frames, shape (frames, dim).

    Epoch e sees each frame as variant 1 + (e mod variants), as augmentation on the fly would, and
    the clean variant 0 only where there is no other.
    """
    if embeddings.ndim == 2:
        return np.asarray(embeddings[frames])  # type: ignore[index]
    variants = embeddings.shape[1] - 1
    variant = 1 + epoch % variants if variants else 0
    if not isinstance(embeddings, MappedRows):
        return np.asarray(embeddings[frames, variant])
    seen = embeddings.variant(variant, frames)
    assert_all_finite(seen)
    return seen


def sample_weights(class_weight: str | dict[Any, float], labels: Array) -> Floats:
    """Weight samples by their class: ``"balanced"`` gives all classes the same sum."""
    given = None if class_weight == "none" else class_weight
    return np.asarray(compute_sample_weight(given, labels), np.float64)


def _attribute(name: str) -> str:
    return f"{name.rpartition('.')[2]}_"


def _numbered(names: ArrayLike | None) -> Ints | None:
    if names is None:
        return None
    return np.unique(np.asarray(names), return_inverse=True)[1].reshape(-1).astype(np.int64)
