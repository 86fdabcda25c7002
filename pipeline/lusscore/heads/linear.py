"""A head's logits as a linear function of a frame's embedding, for saliency maps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

_Float = NDArray[np.float64]
# Stands for the logarithm of 0 in a sum that must stay finite.
NEVER = -1000.0


@dataclass(frozen=True)
class LinearView:
    """Weights on the embedding as the backbone gives it: the head's scaling is worked in.

    `weights`, float64, shape (dim, classes), and `bias`, shape (classes,), have columns as in the
    head's `classes_`; −1000 is the bias of a class that the head never predicts. Adding the same to
    all logits of a frame changes no probability, so only differences between columns mean
    something. `notes` are short clauses of why it is approximate.
    """

    weights: _Float
    bias: _Float
    notes: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """Why it is approximate; empty where softmax of ``x @ weights + bias`` is the prediction.

        For each frame, or, where a clip is scored by the mean of its frames, for the mean of
        these logits over the clip's frames.
        """
        return "; ".join(self.notes)


def linear_view(head: Any) -> LinearView | None:
    """Return the linear view of a trained head; None if it has none.

    =========================  ======================================================  ========
    head                       logits                                                  exact
    =========================  ======================================================  ========
    softmax, logistic          its own                                                 yes
    with ``pooling=mean``      those of a frame, to be averaged over the clip          yes
    with ``pooling=mean-std``  the part on the mean, deviations as in training         no
    with ``context=exam``      the part on the clip itself, other clips as in training no
    ordinal                    rank of the class times the one direction               for two
    svm                        log-odds of each class against the others               for two
    mil                        those of a frame, which attention weights               no
    =========================  ======================================================  ========

    "For two": exact where there are two classes. With ``test_variants`` nothing is exact, since
    probabilities of augmented variants are averaged and the view is that of the clean frame.
    """
    if not hasattr(head, "linear_view"):
        return None
    view: LinearView = head.linear_view()
    if head.test_variants:
        averaged = "probabilities are averaged over variants, of which one is shown"
        return replace(view, notes=(*view.notes, averaged))
    return view


def logits_of_two(weights: NDArray[np.floating], bias: float) -> tuple[_Float, _Float]:
    """Return two logits whose softmax is the sigmoid of one: shapes (dim, 2) and (2,)."""
    halves = np.array([-0.5, 0.5])
    return np.asarray(weights, np.float64)[:, None] * halves, float(bias) * halves
