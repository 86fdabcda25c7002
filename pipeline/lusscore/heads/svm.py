"""Linear support vector machine with calibrated probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.utils._param_validation import Interval

from lusscore.heads.array_reader import ArrayReader
from lusscore.heads.embedding_head import (
    clean_variant,
    sample_weights,
)
from lusscore.heads.linear_form import LinearForm
from lusscore.heads.linear_svm import LinearSvm, fit_linear_svm
from lusscore.heads.platt import Platt, fit_platt, inner_folds
from lusscore.heads.registry import register_head
from lusscore.heads.regularised_head import RegularisedHead
from lusscore.heads.row_space import fit_penalised_scaling
from lusscore.heads.scaling import Scaling
from lusscore.heads.training_frames import chosen_rows


@register_head("svm")
@dataclass(eq=False, repr=False)
class SvmHead(RegularisedHead):
    """Linear SVM on standardised embeddings, calibrated on inner folds by patient.

    One class against the others, squared hinge. For the probabilities the training patients are
    divided again: each part gets decision values from a machine (and a scaling) that has not seen
    it, on which Platt's sigmoids are fitted; the machine that is kept is fitted on all of them.

    Parameters
    ----------
    inner_folds
        Parts for the calibration, at least 2; fewer where a class has fewer patients. A part
        that holds all patients of a class is left out of the calibration. Class weights count
        there, too, since calibration would undo them.

    Attributes
    ----------
    model_ : LinearSvm
        On scaled embeddings.
    calibration_ : Platt
        From decision values to probabilities.
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **RegularisedHead._parameter_constraints,
        "inner_folds": [Interval(Integral, 2, None, closed="left")],
    }

    inner_folds: int = 5

    def _learn(
        self,
        embeddings: NDArray[Any],
        targets: NDArray[np.int64],
        groups: NDArray[np.int64] | None,
    ) -> None:
        clean = clean_variant(embeddings)
        seen = embeddings if self.variants else clean
        decisions, truth = [np.empty((0, len(self.classes_)))], [targets[:0]]
        for fitted, held_out in inner_folds(targets, groups, self.inner_folds, self.seed):
            scaling, machine = self._fit_machine(seen[fitted], targets[fitted])
            decisions.append(_decide(clean[held_out], scaling, machine))
            truth.append(targets[held_out])
        labels = np.concatenate(truth)
        if len(np.unique(labels)) < 2:
            raise ValueError(
                "SvmHead finds no division of the training patients that leaves every class on "
                "the larger side, so that it cannot be calibrated; label more patients."
            )
        weights = sample_weights(self.class_weight, self.classes_[labels])
        self.calibration_ = fit_platt(np.concatenate(decisions), labels, weights)
        self.scaling_, self.model_ = self._fit_machine(seen, targets)
        self.n_iter_ = self.model_.steps

    def _fit_machine(
        self, embeddings: NDArray[Any], targets: NDArray[np.int64]
    ) -> tuple[Scaling, LinearSvm]:
        rows, times = chosen_rows(embeddings, self.variants)
        targets = np.repeat(targets, times)
        scaling = fit_penalised_scaling(rows, self.components, self.seed)
        weights = sample_weights(self.class_weight, self.classes_[targets])
        scaled = scaling.apply(rows)
        return scaling, fit_linear_svm(scaled, targets, weights, self.C, self.max_iter, self.tol)

    def learned_arrays(self) -> dict[str, NDArray[Any]]:
        """See :meth:`EmbeddingHead.learned_arrays`."""
        machine, platt = self.model_, self.calibration_
        return self.scaling_.arrays() | {
            "coef": machine.coef,
            "intercept": machine.intercept,
            "platt.present": platt.present,
            "platt.slopes": platt.slopes,
            "platt.offsets": platt.offsets,
        }

    def take_arrays(self, arrays: ArrayReader) -> None:
        """See :meth:`EmbeddingHead.take_arrays`."""
        count = len(self.classes_)
        self.scaling_ = Scaling.from_arrays(arrays, self._width)
        coef = arrays.take("coef", (self.scaling_.size, count), np.float64)
        self.model_ = LinearSvm(coef, arrays.take("intercept", (count,), np.float64), self.n_iter_)
        present = arrays.take("platt.present", (None,), np.int64)
        wanted = 1 if len(present) == 2 else len(present)
        rising = len(present) > 1 and (present[:-1] < present[1:]).all()
        if not rising or present[0] < 0 or present[-1] >= count:
            raise arrays.refusal("has no classes of its own in its array platt.present")
        self.calibration_ = Platt(
            present,
            arrays.take("platt.slopes", (wanted,), np.float64),
            arrays.take("platt.offsets", (wanted,), np.float64),
        )

    def _scaled_form(self) -> LinearForm:
        machine, platt = self.model_, self.calibration_
        notes: tuple[str, ...] = ()
        if len(platt.present) > 2:
            notes = ("each score against all others, before probabilities are made to sum to 1",)
        return LinearForm(*platt.logits(machine.coef, machine.intercept), notes)

    def _answer(self, frames: NDArray[Any]) -> NDArray[np.float64]:
        return self.calibration_.probabilities(_decide(frames, self.scaling_, self.model_))


def _decide(frames: NDArray[Any], scaling: Scaling, machine: LinearSvm) -> NDArray[np.float64]:
    return np.concatenate([machine.decide(scaled) for scaled in scaling.precise(frames)])
