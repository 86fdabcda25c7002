"""Which unlabelled clips to label next."""

from __future__ import annotations

import numpy as np

from lusscore.evaluation import HeadChoice
from lusscore.labelling.pool import UNLABELLED, Pool
from lusscore.labelling.predict import DEFAULT_HEAD, entropy, predict
from lusscore.labelling.spread import choose_clips, whiten
from lusscore.labelling.suggestion import Suggestion

COUNT = 20
PER_PATIENT = 2
# A clip of which a head is certain is worth a little still: heads are certain of what they have
# never seen, too.
_LEAST_WEIGHT = 0.2


def suggest_clips(
    pool: Pool,
    *,
    count: int = COUNT,
    per_patient: int = PER_PATIENT,
    head: HeadChoice = DEFAULT_HEAD,
    seed: int = 0,
) -> tuple[Suggestion, ...]:
    """Choose the unlabelled clips whose labels would help most, in the order of choosing.

    A head is trained on the labels there are. Clips of which it is unsure are then chosen one
    after the other, each unlike what is labelled or chosen already, and spread over patients: ten
    clips of one patient teach less than one of each of ten. Without labels, or with labels of one
    score alone, what clips look like decides alone.

    The same pool and seed give the same clips, whatever the order of the manifest and of the
    feature file.

    Parameters
    ----------
    pool
        Clips with embeddings.
    count
        Clips wanted, at least 1; fewer are given where fewer are unlabelled.
    per_patient
        Most clips of one patient among them, at least 1, unless too few patients are left.
    head
        What is trained.
    seed
        Of what is drawn.

    Raises
    ------
    HeadError
        If the head cannot be made with its settings.
    """
    scores, patients = pool.scores, pool.patients
    labelled = scores != UNLABELLED
    probabilities = predict(pool, head)
    unsure = None if probabilities is None else entropy(probabilities)
    weights = np.ones(len(scores)) if unsure is None else unsure + _LEAST_WEIGHT
    chosen = choose_clips(
        whiten(pool.vectors(), seed), labelled, weights, patients, count, per_patient, seed
    )
    known = set(patients[labelled].tolist())
    suggestions = []
    for rank, choice in enumerate(chosen, start=1):
        row, patient = choice.row, int(patients[choice.row])
        likely = None
        if probabilities is not None:
            a, b, c, d = probabilities[row].tolist()
            likely = (a, b, c, d)
        suggestions.append(
            Suggestion(
                rank,
                pool.segments[row],
                likely,
                None if unsure is None else float(unsure[row]),
                choice.stands_for,
                patient not in known,
            )
        )
        known.add(patient)
    return tuple(suggestions)
