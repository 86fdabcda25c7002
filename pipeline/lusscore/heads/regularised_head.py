"""What the convex heads share: settings, and whether a frame or a clip is an example."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._param_validation import Interval, StrOptions

from lusscore.heads.bags import gather_bags
from lusscore.heads.clip_pooling import POOLINGS, pool_clips
from lusscore.heads.embedding_head import CLASS_WEIGHTS, EmbeddingHead, clean_variant
from lusscore.heads.exam_context import CONTEXTS, add_exam_context
from lusscore.heads.linear_form import LinearForm
from lusscore.heads.scaling import Scaling

_Int = NDArray[np.int64]


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
    pooling
        What an example is: ``"none"`` for a frame; ``"mean"`` for a clip, as the mean of its
        frames' embeddings; ``"mean-std"`` for a clip, as mean and standard deviation. In
        training, a recording with stretches of different labels is an example per label; every
        frame of a recording gets the recording's probabilities.
    context
        ``"exam"`` puts behind a clip's vector the mean of the vectors of the other clips of the
        same exam, among those that are given in the same call; it needs a pooling.
    components
        Whitened principal components to use; 0 for all of the standardised embedding.
    test_variants
        Average probabilities over the clean frame and its variants.
    max_iter
        Most steps of the optimiser.
    tol
        Gradient, per example where the head sums over them itself, at which it stops.
    seed
        Of the search for principal components, and of whatever else is drawn.

    Attributes
    ----------
    scaling_ : Scaling
        HeadState from the training examples.
    n_iter_ : int
        Steps that the optimiser took; `max_iter` of them mean that it did not arrive.
    """

    whole_numbers: ClassVar[tuple[str, ...]] = ("n_iter_",)
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "C": [Interval(Real, 0, None, closed="neither")],
        "class_weight": CLASS_WEIGHTS,
        "variants": ["boolean"],
        "components": [Interval(Integral, 0, None, closed="left")],
        "test_variants": ["boolean"],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="neither")],
        "seed": [Interval(Integral, 0, None, closed="left")],
        "pooling": [StrOptions(set(POOLINGS))],
        "context": [StrOptions(set(CONTEXTS))],
    }

    C: float = 1.0
    class_weight: str | dict[Any, float] = "none"
    variants: bool = False
    components: int = 0
    pooling: str = "none"
    context: str = "none"
    test_variants: bool = False
    max_iter: int = 1000
    tol: float = 1e-4
    seed: int = 0

    def linear_form(self) -> LinearForm:
        """See :meth:`EmbeddingHead.linear_form`."""
        form = self._scaled_form()
        scaling: Scaling = self.scaling_
        # the mean over the clip itself comes first in its vector
        own = scaling.unscaled(form.weights, form.bias, self.n_features_in_)
        notes = form.notes
        if self.pooling == "mean-std":
            notes += ("what varies within a clip counts, too, and is not shown",)
        if self.context == "exam":
            notes += ("the other clips of the exam count, too, and are not shown",)
        return LinearForm(*own, notes)

    def _validate_params(self) -> None:
        super()._validate_params()
        if self.context == "exam" and self.pooling == "none":
            raise ValueError(
                f"{type(self).__name__} takes context=exam only where a clip is one example; add "
                "pooling=mean or pooling=mean-std, or leave context out."
            )

    def _train(
        self,
        embeddings: NDArray[Any],
        targets: _Int,
        groups: _Int | None,
        clips: _Int | None,
        exams: _Int | None,
    ) -> None:
        if self.pooling == "none":
            self._learn(embeddings, targets, groups)
            return
        seen = embeddings if self.variants else clean_variant(embeddings)
        order, starts = gather_bags(clips, len(targets), targets)
        first = order[starts]
        examples = self._pool(seen, order, starts, clips, exams)
        self._learn(examples, targets[first], None if groups is None else groups[first])

    def _probabilities(
        self, frames: NDArray[Any], clips: _Int | None, exams: _Int | None
    ) -> NDArray[np.float64]:
        if self.pooling == "none":
            return self._answer(frames)
        order, starts = gather_bags(clips, len(frames))
        answers = self._answer(self._pool(frames, order, starts, clips, exams))
        probabilities = np.empty((len(frames), answers.shape[1]))
        probabilities[order] = np.repeat(answers, np.diff(starts, append=len(order)), axis=0)
        return probabilities

    def _pool(
        self,
        frames: NDArray[Any],
        order: _Int,
        starts: _Int,
        clips: _Int | None,
        exams: _Int | None,
    ) -> NDArray[np.float32]:
        """Return one vector per bag of frames, shape (bags, size) or (bags, 1 + variants, size)."""
        own = pool_clips(frames, order, starts, self.pooling)
        if self.context == "none":
            return own
        order, whole = gather_bags(clips, len(frames))
        first = order[whole]
        # stretches of one recording are no context of each other, and count as one for the others
        pooled = own
        if len(whole) < len(starts):
            pooled = pool_clips(frames, order, whole, self.pooling)
        recordings = np.searchsorted(whole, starts, side="right") - 1
        return add_exam_context(own, recordings, pooled, first if exams is None else exams[first])

    @property
    def _width(self) -> int:
        """How many numbers an example has."""
        own: int = self.n_features_in_ * (2 if self.pooling == "mean-std" else 1)
        return own * (2 if self.context == "exam" else 1)

    @abstractmethod
    def _learn(self, embeddings: NDArray[Any], targets: _Int, groups: _Int | None) -> None:
        """Learn from examples, be they frames or clips; `targets` are rows of `classes_`."""

    @abstractmethod
    def _answer(self, frames: NDArray[Any]) -> NDArray[np.float64]:
        """Return (examples, classes) of one variant, shape (examples, dim)."""

    @abstractmethod
    def _scaled_form(self) -> LinearForm:
        """Return the logits as a linear function of a scaled example."""
