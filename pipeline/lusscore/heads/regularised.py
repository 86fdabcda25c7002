"""What the convex heads share: settings, optimiser, and whether an example is a frame or a clip."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, minimize
from sklearn.utils._param_validation import Interval, StrOptions

from lusscore.heads.base import EmbeddingHead, Floats, Ints, Owners, clean_variant
from lusscore.heads.clips import add_exam_context, gather_bags, pool_clips
from lusscore.heads.linear import LinearView
from lusscore.heads.scaling import Scaling, fit_penalised_scaling


@dataclass(eq=False, repr=False)
class RegularisedHead(EmbeddingHead):
    """A head whose solution depends on the strength of its regularisation.

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
    pooling
        What an example is: ``"none"`` for a frame; ``"mean"`` for a clip, as the mean of its
        frames' embeddings; ``"mean-std"`` for a clip, as mean and standard deviation. In
        training, a recording with segments of different labels is an example per label; every
        frame of a recording gets the recording's probabilities.
    context
        ``"exam"`` appends to a clip's vector the mean of the vectors of the other clips of the
        same exam, among those that are given in the same call; it needs a pooling.
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
        Learned from the training examples.
    n_iter_ : int
        Steps that the optimiser took; `max_iter` of them mean that it did not converge.
    """

    whole_numbers: ClassVar[tuple[str, ...]] = ("n_iter_",)
    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **EmbeddingHead._parameter_constraints,
        "C": [Interval(Real, 0, None, closed="neither")],
        "variants": ["boolean"],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="neither")],
        "pooling": [StrOptions({"none", "mean", "mean-std"})],
        "context": [StrOptions({"none", "exam"})],
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

    def linear_view(self) -> LinearView:
        """Return the logits of a clean frame as a linear function of its embedding."""
        view = self._scaled_view()
        # the mean over the clip itself comes first in its vector
        weights, bias = self.scaling_.unscaled(view.weights, view.bias, self.n_features_in_)
        notes = view.notes
        if self.pooling == "mean-std":
            notes += ("what varies within a clip counts, too, and is not shown",)
        if self.context == "exam":
            notes += ("the other clips of the exam count, too, and are not shown",)
        return LinearView(weights, bias, notes)

    def _validate_params(self) -> None:
        super()._validate_params()
        if self.context == "exam" and self.pooling == "none":
            raise ValueError(
                f"{type(self).__name__} takes context=exam only where a clip is one example; add "
                "pooling=mean or pooling=mean-std, or leave context out."
            )

    def _train(self, embeddings: NDArray[Any], targets: Ints, owners: Owners) -> None:
        seen = embeddings if self.variants else clean_variant(embeddings)
        if self.pooling == "none":
            self._learn(seen, targets, owners.groups)
            return
        order, starts = gather_bags(owners.clips, len(targets), targets)
        first = order[starts]
        examples = self._pool(seen, order, starts, owners.clips, owners.exams)
        self._learn(
            examples, targets[first], None if owners.groups is None else owners.groups[first]
        )

    def _probabilities(
        self, frames: NDArray[Any], clips: Ints | None, exams: Ints | None
    ) -> Floats:
        if self.pooling == "none":
            return self._predict_examples(frames)
        order, starts = gather_bags(clips, len(frames))
        answers = self._predict_examples(self._pool(frames, order, starts, clips, exams))
        probabilities = np.empty((len(frames), answers.shape[1]))
        probabilities[order] = np.repeat(answers, np.diff(starts, append=len(order)), axis=0)
        return probabilities

    def _predict_examples(self, examples: NDArray[Any]) -> Floats:
        return np.concatenate(
            [self._predict_scaled(scaled) for scaled in self.scaling_.precise(examples)]
        )

    def _pool(
        self,
        frames: NDArray[Any],
        order: Ints,
        starts: Ints,
        clips: Ints | None,
        exams: Ints | None,
    ) -> NDArray[np.float32]:
        """Return one vector per bag of frames, shape (bags, size) or (bags, 1 + variants, size)."""
        own = pool_clips(frames, order, starts, self.pooling)
        if self.context == "none":
            return own
        order, whole = gather_bags(clips, len(frames))
        first = order[whole]
        # segments of one recording are no context of each other, and count as one for the others
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

    def _scale(
        self, examples: NDArray[Any], targets: Ints
    ) -> tuple[Scaling, NDArray[np.float32], Ints]:
        """Fit a scaling to examples and their variants; return it, the scaled rows and targets."""
        rows = examples.reshape(-1, examples.shape[-1])
        scaling = fit_penalised_scaling(rows, self.components, self.seed)
        return scaling, scaling.apply(rows), np.repeat(targets, len(rows) // len(examples))

    @abstractmethod
    def _learn(self, examples: NDArray[Any], targets: Ints, groups: Ints | None) -> None:
        """Learn from frames or clips, (examples, dim) or (examples, 1 + variants, dim)."""

    @abstractmethod
    def _predict_scaled(self, scaled: Floats) -> Floats:
        """Return probabilities of scaled examples, shape (examples, classes)."""

    @abstractmethod
    def _scaled_view(self) -> LinearView:
        """Return the logits as a linear function of a scaled example."""


def minimise(
    objective: Callable[[Floats], tuple[float, Floats]], start: Floats, max_iter: int, tol: float
) -> OptimizeResult:
    """Minimise by L-BFGS until the gradient is below `tol`, or the relative gain far below it."""
    return minimize(
        objective,
        start,
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": max_iter, "maxfun": 2 * max_iter, "gtol": tol, "ftol": tol * 1e-4},
    )
