"""How the scores are spread, and what an answer is worth that never looks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from lusscore.checks.finding import Finding
from lusscore.checks.inspection import Inspection
from lusscore.checks.registry import register_check
from lusscore.cohort import MAXIMUM_ZONE_SCORE
from lusscore.wording import listed, percent

_UNBALANCED = 0.7
_FEW_PATIENTS = 3


@register_check(
    "majority-baseline",
    "unbalanced-scores",
    "score-never-occurs",
    "score-in-few-patients",
    needs="manifest",
)
def check_balance(inspection: Inspection) -> Iterator[Finding]:
    """Describe the majority baseline, and name scores that are absent or too rare."""
    scores = inspection.scores
    if not scores:
        return
    yield _baseline(scores, inspection.frames_per_score)
    share = max(scores.values()) / sum(scores.values())
    if share >= _UNBALANCED and len(scores) > 1:
        yield Finding(
            "warning",
            "unbalanced-scores",
            f"{percent(share, 0)} of the labelled rows have one and the same score, so that "
            "accuracy says little.",
            advice="Judge by balanced accuracy, macro-F1 and quadratic kappa.",
        )
    absent = [score for score in range(MAXIMUM_ZONE_SCORE + 1) if not scores.get(score)]
    if absent:
        yield Finding(
            "warning",
            "score-never-occurs",
            f"{_named(absent)} never {'occurs' if len(absent) == 1 else 'occur'}, and no model can "
            "learn what is never shown.",
            advice="Label such recordings, or know that no model will ever answer so.",
        )
    holders: dict[int, set[str]] = {}
    for segment in inspection.labelled:
        if segment.score is not None:
            holders.setdefault(segment.score, set()).add(segment.patient)
    rare = [score for score in sorted(holders) if len(holders[score]) < _FEW_PATIENTS]
    if rare:
        yield Finding(
            "warning",
            "score-in-few-patients",
            f"{_named(rare)} {'occurs' if len(rare) == 1 else 'occur'} in fewer than "
            f"{_FEW_PATIENTS} patients, so that not each of {_FEW_PATIENTS} folds can test that.",
            tuple(sorted(set().union(*(holders[score] for score in rare)))),
            "Label more such patients, or read results for these scores as anecdotes.",
        )


def _named(scores: Sequence[int]) -> str:
    return f"Score{'' if len(scores) == 1 else 's'} {listed([str(score) for score in scores])}"


def _baseline(scores: Mapping[int, int], frames: Mapping[int, int]) -> Finding:
    common = max(scores, key=lambda score: (scores[score], score))
    told = percent(scores[common] / sum(scores.values()), 0)
    if frames:
        often = max(frames, key=lambda score: (frames[score], score))
        told += (
            f" of the labelled rows, and always answering {often} for "
            f"{percent(frames[often] / sum(frames.values()), 0)} of the labelled frames"
        )
    else:
        told += " of the labelled rows"
    return Finding(
        "note",
        "majority-baseline",
        f"Always answering {common} is right for {told}; its balanced accuracy is "
        f"{percent(1 / len(scores), 0)} and its quadratic kappa 0.",
        advice="A model is worth what it has above these numbers.",
    )
