"""The convex heads: what they share, whether an example is a frame or a clip, and the logistic."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, minimize
from scipy.special import expit, softmax

from lusscore.heads.base import Array, EmbeddingHead, Floats, Ints, Owners, clean_variant
from lusscore.heads.clips import add_exam_context, gather_bags, pool_clips
from lusscore.heads.linear import LinearView, logits_of_two
from lusscore.heads.registry import register_head
from lusscore.heads.scaling import fit_penalised_scaling

RECOMMENDED = "recommended"
RECOMMENDED_LAYERS = ("32.top", "32.middle", "32.bottom", "16.mean")
"""What the recommended head sees where the card keeps all of them, else the embedding."""


@dataclass(eq=False, repr=False)
class RegularisedHead(EmbeddingHead):
    """A head whose solution depends on the strength of its regularisation.

    Parameters
    ----------
    C
        Inverse of the strength of regularisation, above 0.
    variants
        Train on the augmented variants too, not on clean frames alone.
    pooling
        What an example is: ``"none"`` for a frame; ``"mean"`` for a clip, as the mean of its
        frames' embeddings; ``"mean-std"`` for a clip, as mean and standard deviation. In
        training, a recording with segments of different labels is an example per label; every
        frame of a recording gets the recording's probabilities.
    context
        ``"exam"`` appends to a clip's vector the mean of the vectors of the other clips of the
        same exam, among those that are given in the same call; it needs a pooling.
    max_iter
        Most steps of the optimiser.
    tol
        Gradient, per example where the head sums over them itself, at which it stops.

    Attributes
    ----------
    n_iter_ : int
        Steps that the optimiser took; `max_iter` of them mean that it did not converge.
    """

    whole_numbers: ClassVar[tuple[str, ...]] = ("n_iter_",)

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

    def _train(self, embeddings: Array, targets: Ints, owners: Owners) -> None:
        seen = embeddings if self.variants else clean_variant(embeddings)
        if self.pooling == "none":
            self._learn(seen, targets, owners.groups)
            return
        order, starts = gather_bags(owners.clips, len(targets), targets)
        first = order[starts]
        groups = None if owners.groups is None else owners.groups[first]
        examples = self._pool(seen, order, starts, owners.clips, owners.exams)
        self._learn(examples, targets[first], groups)

    def _probabilities(self, frames: Array, clips: Ints | None, exams: Ints | None) -> Floats:
        order = starts = np.arange(len(frames))
        examples = frames
        if self.pooling != "none":
            order, starts = gather_bags(clips, len(frames))
            examples = self._pool(frames, order, starts, clips, exams)
        answers = np.concatenate(
            [self._predict_scaled(scaled) for scaled in self.scaling_.precise(examples)]
        )
        probabilities = np.empty((len(frames), answers.shape[1]))
        probabilities[order] = np.repeat(answers, np.diff(starts, append=len(order)), axis=0)
        return probabilities

    def _pool(
        self,
        frames: Array,
        order: Ints,
        starts: Ints,
        clips: Ints | None,
        exams: Ints | None,
    ) -> NDArray[np.float32]:
        """Return one vector per bag of frames, shape (bags, size) or (bags, 1 + variants, size)."""
        own = pool_clips(frames, order, starts, self.pooling)
        if self.context == "none":
            return own
        # segments of one recording are no context of each other, and count as one for the others
        order, whole = gather_bags(clips, len(frames))
        first = order[whole]
        pooled = own
        if len(whole) < len(starts):
            pooled = pool_clips(frames, order, whole, self.pooling)
        recordings = np.searchsorted(whole, starts, side="right") - 1
        return add_exam_context(own, recordings, pooled, first if exams is None else exams[first])

    @property
    def _width(self) -> int:
        own = super()._width * (2 if self.pooling == "mean-std" else 1)
        return own * (2 if self.context == "exam" else 1)

    def _learn(self, examples: Array, targets: Ints, groups: Ints | None) -> None:
        """Learn from frames or clips, (examples, dim) or (examples, 1 + variants, dim)."""
        rows = examples.reshape(-1, examples.shape[-1])
        self.scaling_ = fit_penalised_scaling(rows, self.components, self.seed)
        self._fit(self.scaling_.apply(rows), np.repeat(targets, len(rows) // len(examples)))

    @abstractmethod
    def _fit(self, x: NDArray[np.float32], targets: Ints) -> None:
        """Learn from scaled examples and their variants, shape (rows, size)."""

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
    options = {"maxiter": max_iter, "maxfun": 2 * max_iter, "gtol": tol, "ftol": tol * 1e-4}
    return minimize(objective, start, jac=True, method="L-BFGS-B", options=options)


@register_head("logistic")
class LogisticHead(RegularisedHead):
    """Multinomial logistic regression on standardised embeddings, regularised by C.

    Minimises C times the weighted sum of cross-entropies plus half the squared weights
    (scikit-learn's `LogisticRegression`, L-BFGS), in float32.

    Attributes
    ----------
    coef_, intercept_ : ndarray of float64, shape (size of a scaled example, n) and (n,)
        Weights and bias, n being the number of classes, or 1 of two: those of the second.
    """

    def _fit(self, x: NDArray[np.float32], targets: Ints) -> None:
        from sklearn.linear_model import LogisticRegression

        weight = None if self.class_weight == "none" else self.class_weight
        model = LogisticRegression(
            C=self.C, class_weight=weight, max_iter=self.max_iter, tol=self.tol
        ).fit(x, self.classes_[targets])
        self.coef_ = np.array(model.coef_.T, np.float64, order="C")
        self.intercept_ = np.array(model.intercept_, np.float64)
        self.n_iter_ = int(model.n_iter_.max())

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        columns = 1 if len(self.classes_) == 2 else len(self.classes_)
        return {"coef": (self._size, columns), "intercept": (columns,)}

    def _scaled_view(self) -> LinearView:
        if len(self.classes_) == 2:
            return LinearView(*logits_of_two(self.coef_[:, 0], self.intercept_[0]))
        return LinearView(self.coef_, self.intercept_)

    def _predict_scaled(self, scaled: Floats) -> Floats:
        logits = scaled @ self.coef_ + self.intercept_
        if len(self.classes_) > 2:
            return np.asarray(softmax(logits, axis=1))
        second = expit(logits)
        return np.concatenate([1 - second, second], axis=1)


@register_head(RECOMMENDED)
@dataclass(eq=False, repr=False)
class RecommendedHead(LogisticHead):
    """Logistic regression with settings chosen on COVID-BLUES and the phantom.

    It is :class:`LogisticHead` on augmented frames too, strongly regularised. On any other cohort
    it is fixed beforehand; on those two its results are selection and not test.
    """

    C: float = 0.003
    variants: bool = True
