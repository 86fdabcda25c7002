"""Which unlabelled clips to label next: uncertain, unlike each other, and of many patients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lusscore.cohort import Segment
from lusscore.evaluation import HeadChoice
from lusscore.heads import fit_scaling
from lusscore.labelling.pool import UNLABELLED, Pool
from lusscore.labelling.predict import DEFAULT_HEAD, entropy, predict

COUNT = 20
PER_PATIENT = 2
# A clip of which a head is certain is worth a little still: heads are certain of what they have
# never seen, too.
_LEAST_WEIGHT = 0.2
# Two scores whose probabilities differ by less are both named as the reason.
_CLOSE = 0.15
_MOST_COMPONENTS = 32
_CLIPS_PER_COMPONENT = 8
# Clips whose distances to all others are held at once.
_AT_ONCE = 256

_Int = NDArray[np.int64]
_Float = NDArray[np.float64]
_Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Suggestion:
    """One unlabelled row of a manifest that is worth a label.

    Attributes
    ----------
    rank
        From 1, in the order in which they were chosen.
    segment
        The row: clip, patient, exam, zone and frames.
    probabilities
        Of scores 0–3 by a head that was trained on the labels there are; None where there are too
        few to train one.
    uncertainty
        Of that head, from 0 to 1 (all scores as likely); None without one.
    stands_for
        Unlabelled clips, itself among them, that are more like it than like anything labelled or
        another one suggested.
    new_patient
        Whether nothing of its patient is labelled.
    """

    rank: int
    segment: Segment
    probabilities: tuple[float, float, float, float] | None
    uncertainty: float | None
    stands_for: int
    new_patient: bool

    @property
    def predicted(self) -> int | None:
        """The most probable score; None without a head."""
        return None if self.probabilities is None else int(np.argmax(self.probabilities))

    @property
    def reason(self) -> str:
        """Why it was chosen, in a few words."""
        if self.probabilities is None:
            return self.blind_reason
        first, second = sorted(range(4), key=self.probabilities.__getitem__)[:1:-1]
        close = self.probabilities[first] - self.probabilities[second] < _CLOSE
        return f"{first} or {second}, {self.blind_reason}" if close else self.blind_reason

    @property
    def blind_reason(self) -> str:
        """The same without a head's prediction, for a rater who must not see one."""
        alone = self.stands_for == 1
        why = "unlike the others" if alone else f"stands for {self.stands_for} clips"
        # no comma or semicolon, at which a spreadsheet would divide it
        return f"first of its patient and {why}" if self.new_patient else why


def suggest_clips(
    pool: Pool,
    *,
    count: int = COUNT,
    per_patient: int = PER_PATIENT,
    head: HeadChoice = DEFAULT_HEAD,
    seed: int = 0,
) -> tuple[Suggestion, ...]:
    """Choose the unlabelled clips whose labels would help most, in the order of choosing.

    A head is trained on the labels there are. Clips of which it is uncertain are then chosen one
    after the other, each unlike what is labelled or chosen already, and spread over patients: ten
    clips of one patient teach less than one of each of ten. Without labels, or with labels of one
    score alone, what clips look like decides alone.

    The same pool and seed give the same clips, whatever the order of the manifest and of the
    feature file.

    `count`, at least 1, are wanted; fewer are given where fewer are unlabelled. Of one patient are
    at most `per_patient`, at least 1, unless too few patients are left. HeadError if the head
    cannot be made with its settings.
    """
    scores, patients = pool.scores, pool.patients
    labelled = scores != UNLABELLED
    probabilities = predict(pool, head)
    uncertain = None if probabilities is None else entropy(probabilities)
    weights = np.ones(len(scores)) if uncertain is None else uncertain + _LEAST_WEIGHT
    chosen = choose_clips(
        whiten(pool.vectors(), seed), labelled, weights, patients, count, per_patient, seed
    )
    known = set(patients[labelled])
    suggestions = []
    for rank, (row, stands_for) in enumerate(chosen, start=1):
        said = None if probabilities is None else tuple(probabilities[row].tolist())
        doubt = None if uncertain is None else float(uncertain[row])
        is_new = patients[row] not in known
        suggestions.append(Suggestion(rank, pool.segments[row], said, doubt, stands_for, is_new))
        known.add(patients[row])
    return tuple(suggestions)


def whiten(vectors: _Float32, seed: int = 0) -> _Float32:
    """Bring clips into a space where distance means difference.

    Standardised, the leading principal components, each divided by its deviation: otherwise the
    directions in which devices and gains differ most would decide what is unlike. From float32,
    shape (clips, dim), of labelled and unlabelled clips, to (clips, components).
    """
    if (vectors == vectors[0]).all():
        return np.zeros((len(vectors), 1), np.float32)
    components = min(len(vectors) // _CLIPS_PER_COMPONENT, _MOST_COMPONENTS, vectors.shape[1])
    return fit_scaling(vectors, max(1, components), seed).apply(vectors)


def choose_clips(
    points: _Float32,
    labelled: NDArray[np.bool_],
    weights: _Float,
    patients: _Int,
    count: int,
    per_patient: int,
    seed: int = 0,
) -> tuple[tuple[int, int], ...]:
    """Choose unlabelled clips one after the other, far from what is labelled or chosen already.

    The seeding of k-means++ (Arthur, D., Vassilvitskii, S. (2007). k-means++: the advantages of
    careful seeding. SODA, 1027–1035), begun with what is labelled: a clip is drawn with a chance
    that grows with its weight times its squared distance to the nearest one labelled or chosen;
    of a few that are drawn so, the one is taken that lowers the sum of these products most. A
    batch that is drawn so has what is worth most and does not have it twice: Ash, J. T., Zhang,
    C., Krishnamurthy, A., Langford, J., Agarwal, A. (2020). Deep batch active learning by diverse,
    uncertain gradient lower bounds. ICLR; there distance and worth are both in the gradient, here
    they are distance in the space of embeddings and a weight. That a batch must spread over what
    is not labelled: Sener, O., Savarese, S. (2018). Active learning for convolutional neural
    networks: a core-set approach. ICLR. The farthest point, which is taken there, is often a
    recording that went wrong.

    `points` are of :func:`whiten`, in an order that does not depend on how they were read, since it
    has a part in what is drawn. `weights` are above 0: what each clip is worth. Of one patient, by
    number, at most `per_patient` clips are chosen, and one more where all patients have reached it.

    Returns pairs (row, stands_for): the latter counts the unlabelled clips, itself among them, that
    are nearer to it than to anything labelled or to another one chosen.
    """
    rng = np.random.default_rng(seed)
    free = ~labelled
    worth = np.where(free, weights, 0.0)
    nearest = _nearest(points, np.flatnonzero(labelled))
    taken = np.zeros(int(patients.max()) + 1, np.int64)
    trials = 2 + int(np.log(count))
    chosen: list[int] = []
    owner = np.full(len(points), -1)
    while len(chosen) < count and free.any():
        allowed = free & (taken[patients] < per_patient)
        if not allowed.any():
            per_patient += 1
            continue
        drawn = _draw(np.where(allowed, worth, 0.0), nearest, trials, rng)
        distances = _squares(points[drawn], points)
        best = int(np.argmin(np.minimum(distances, nearest) @ worth))
        row, own = int(drawn[best]), distances[best]
        owner[own < nearest] = len(chosen)
        owner[row] = len(chosen)
        nearest = np.minimum(nearest, own)
        free[row] = False
        taken[patients[row]] += 1
        chosen.append(row)
    owner[labelled] = -1
    sizes = np.bincount(owner[owner >= 0], minlength=len(chosen))
    return tuple(zip(chosen, sizes.tolist(), strict=True))


def _draw(worth: _Float, nearest: _Float, trials: int, rng: np.random.Generator) -> _Int:
    """Draw clips by worth times distance; by worth alone where distance tells nothing."""
    chances = worth * np.where(np.isfinite(nearest), nearest, 1.0)
    if not chances.sum() > 0:
        chances = worth
    return rng.choice(len(worth), size=trials, p=chances / chances.sum())


def _nearest(points: _Float32, known: _Int) -> _Float:
    """Return each clip's squared distance to the nearest known one; infinite without any."""
    nearest = np.full(len(points), np.inf)
    for start in range(0, len(known), _AT_ONCE):
        batch = _squares(points[known[start : start + _AT_ONCE]], points)
        np.minimum(nearest, batch.min(axis=0), out=nearest)
    return nearest


def _squares(a: _Float32, b: _Float32) -> _Float:
    """Return squared distances of all pairs, shape (rows of a, rows of b)."""
    wide, other = a.astype(np.float64), b.astype(np.float64)
    squares = (wide**2).sum(1)[:, None] + (other**2).sum(1) - 2 * (wide @ other.T)
    return np.asarray(np.maximum(squares, 0))
