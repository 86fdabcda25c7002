"""Ordinal regression: scores are ordered, and one direction tells them apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusscore.heads.array_reader import ArrayReader
from lusscore.heads.cumulative_logit import CumulativeLogit, fit_cumulative_logit
from lusscore.heads.embedding_head import sample_weights
from lusscore.heads.linear_form import LinearForm
from lusscore.heads.registry import register_head
from lusscore.heads.regularised_head import RegularisedHead
from lusscore.heads.row_space import fit_penalised_scaling
from lusscore.heads.scaling import Scaling
from lusscore.heads.training_frames import chosen_rows


@register_head("ordinal")
@dataclass(eq=False, repr=False)
class OrdinalHead(RegularisedHead):
    """Ordinal regression (cumulative logit, proportional odds) on standardised embeddings.

    McCullagh 1980; the likelihood stands in :mod:`lusscore.heads.cumulative_logit`.

    Attributes
    ----------
    model_ : CumulativeLogit
        On scaled embeddings; the order of `classes_` is the order of the model.
    """

    tol: float = 1e-5

    def _learn(
        self,
        embeddings: NDArray[Any],
        targets: NDArray[np.int64],
        groups: NDArray[np.int64] | None,
    ) -> None:
        rows, times = chosen_rows(embeddings, self.variants)
        targets = np.repeat(targets, times)
        self.scaling_ = fit_penalised_scaling(rows, self.components, self.seed)
        self.model_ = fit_cumulative_logit(
            self.scaling_.apply(rows),
            targets,
            sample_weights(self.class_weight, self.classes_[targets]),
            self.C,
            self.max_iter,
            self.tol,
        )
        self.n_iter_ = self.model_.steps

    def learned_arrays(self) -> dict[str, NDArray[Any]]:
        """See :meth:`EmbeddingHead.learned_arrays`."""
        model = self.model_
        return self.scaling_.arrays() | {
            "direction": model.direction,
            "thresholds": model.thresholds,
        }

    def take_arrays(self, arrays: ArrayReader) -> None:
        """See :meth:`EmbeddingHead.take_arrays`."""
        self.scaling_ = Scaling.from_arrays(arrays, self._width)
        direction = arrays.take("direction", (self.scaling_.size,), np.float64)
        thresholds = arrays.take("thresholds", (len(self.classes_) - 1,), np.float64)
        if (np.diff(thresholds) < 0).any():
            raise arrays.refusal("has thresholds that do not rise")
        self.model_ = CumulativeLogit(direction, thresholds, self.n_iter_)

    def _scaled_form(self) -> LinearForm:
        notes: tuple[str, ...] = ()
        if len(self.classes_) > 2:
            notes = ("one direction from low to high scores, times the rank of the score",)
        return LinearForm(*self.model_.adjacent_logits(), notes)

    def _answer(self, frames: NDArray[Any]) -> NDArray[np.float64]:
        return np.concatenate(
            [self.model_.probabilities(scaled) for scaled in self.scaling_.precise(frames)]
        )
