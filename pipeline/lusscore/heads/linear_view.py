"""The logits of a head as a linear function of a frame's embedding, for activation maps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lusscore.heads.embedding_head import EmbeddingHead
from lusscore.heads.registry import Head


@dataclass(frozen=True)
class LinearView:
    """Weights on the embedding as the backbone gives it: the head's scaling is worked in.

    Adding the same to all logits of a frame changes no probability, so that only differences
    between columns mean something.

    Attributes
    ----------
    weights
        float64, shape (dim, classes); columns as in the head's `classes_`. A score that training
        lacked has none.
    bias
        float64, shape (classes,). −1000 for a class that the head never answers.
    exact
        Whether softmax of ``x @ weights + bias`` is what the head answers: for each frame, or,
        where a clip is scored by the mean of its frames, for the mean of these logits over the
        clip's frames.
    note
        Why it is approximate, as short clauses; empty where it is exact.
    """

    weights: NDArray[np.float64]
    bias: NDArray[np.float64]
    exact: bool
    note: str


def linear_view(head: Head) -> LinearView | None:
    """Return the linear form of a trained head; None if it has none.

    =========================  ======================================================  ========
    head                       logits                                                  exact
    =========================  ======================================================  ========
    softmax, logistic          its own                                                 yes
    with ``pooling=mean``      those of a frame, to be averaged over the clip          yes
    with ``pooling=mean-std``  the part on the mean, deviations as in training         no
    with ``context=exam``      the part on the clip itself, other clips as in training no
    ordinal                    rank of the class times the one direction               for two
    svm                        log-odds of each class against the others               for two
    mil                        those of a frame, which attention weighs                no
    =========================  ======================================================  ========

    "For two": exact where there are two classes. With ``test_variants`` nothing is exact, since
    probabilities of augmented variants are averaged and the view is that of the clean frame.
    """
    if not isinstance(head, EmbeddingHead):
        return None
    form = head.linear_form()
    notes = form.notes
    if head.test_variants:
        notes = (*notes, "probabilities are averaged over variants, of which one is shown")
    return LinearView(form.weights, form.bias, not notes, "; ".join(notes))
