"""What the labels are worth: missing ones, their balance, how they were given, raters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from lusscore.checks.agreement import shared_amount
from lusscore.checks.findings import Finding, about_clips, register_check
from lusscore.checks.inspection import Inspection
from lusscore.cohort import MAXIMUM_ZONE_SCORE, RATINGS_NAME
from lusscore.wording import are, have, listed, percent, plural

_UNBALANCED = 0.7
_FOLDS = 3
# Landis and Koch 1977, Biometrics 33(1):159–174, call less than this fair at best.
_FAIR = 0.4


@register_check("no-labels", "missing-labels", "unlabelled-patients", needs="manifest")
def check_labels(inspection: Inspection) -> Iterator[Finding]:
    """Count rows and patients without a score."""
    segments, labelled = inspection.cohort.segments, inspection.labelled
    if not labelled:
        yield Finding(
            "warning",
            "no-labels",
            "No row has a score, so nothing can be trained or validated.",
            advice="Fill in the column score, or import the table that holds the labels.",
        )
        return
    missing = [segment.clip for segment in segments if segment.score is None]
    yield from about_clips(
        "note",
        "missing-labels",
        missing,
        f"{len(missing):,} of {plural(len(segments), 'row')} "
        f"({percent(len(missing) / len(segments), 0)}) {have(len(missing))} no score; embeddings "
        "are computed for them, and training leaves them out.",
        "Score them, or remove them if that is not intended.",
    )
    scored = {segment.patient for segment in labelled}
    bare = tuple(patient for patient in inspection.groups if patient not in scored)
    if bare:
        yield Finding(
            "note",
            "unlabelled-patients",
            f"{len(bare):,} of {plural(len(inspection.groups), 'patient')} {have(len(bare))} no "
            f"score at all and {are(len(bare))} in no fold.",
            bare,
        )


@register_check(
    "majority-baseline",
    "unbalanced-scores",
    "score-never-occurs",
    "score-in-few-patients",
    needs="manifest",
)
def check_balance(inspection: Inspection) -> Iterator[Finding]:
    """Describe the majority-class baseline, and name scores that are absent or too rare."""
    scores = inspection.scores
    if not scores:
        return
    yield _baseline(scores, inspection.frames_per_score)
    share = max(scores.values()) / sum(scores.values())
    if share >= _UNBALANCED and len(scores) > 1:
        yield Finding(
            "warning",
            "unbalanced-scores",
            f"{percent(share, 0)} of the labelled rows have the same score, so accuracy says "
            "little.",
            advice="Judge by balanced accuracy, macro-F1 and quadratic kappa.",
        )
    absent = [score for score in range(MAXIMUM_ZONE_SCORE + 1) if not scores.get(score)]
    if absent:
        yield Finding(
            "warning",
            "score-never-occurs",
            f"{_named(absent)} never {_occur(absent)}, so no model can learn to predict "
            f"{'it' if len(absent) == 1 else 'them'}.",
            advice="Label such recordings, or expect that no model will ever predict such scores.",
        )
    holders: dict[int | None, set[str]] = {}
    for segment in inspection.labelled:
        holders.setdefault(segment.score, set()).add(segment.patient)
    rare = [score for score in sorted(scores) if len(holders[score]) < _FOLDS]
    if rare:
        yield Finding(
            "warning",
            "score-in-few-patients",
            f"{_named(rare)} {_occur(rare)} in fewer than {_FOLDS} patients, so not each of "
            f"{_FOLDS} folds can test {'it' if len(rare) == 1 else 'them'}.",
            tuple(sorted(set().union(*(holders[score] for score in rare)))),
            "Label more such patients, or read results for these scores as anecdotes.",
        )


def _baseline(scores: Mapping[int, int], frames: Mapping[int, int]) -> Finding:
    def majority(counts: Mapping[int, int]) -> tuple[int, str]:
        score = max(counts, key=lambda score: (counts[score], score))
        return score, percent(counts[score] / sum(counts.values()), 0)

    score, share = majority(scores)
    what = f"Always predicting {score} is right for {share} of the labelled rows"
    if frames:
        score, share = majority(frames)
        what += f", and always predicting {score} for {share} of the labelled frames"
    return Finding(
        "note",
        "majority-baseline",
        f"{what}; such a majority-class baseline has a balanced accuracy of "
        f"{percent(1 / len(scores), 0)} and a quadratic kappa of 0.",
        advice="A model is useful only as far as it exceeds these numbers.",
    )


def _named(scores: Sequence[int]) -> str:
    return f"Score{'' if len(scores) == 1 else 's'} {listed([str(score) for score in scores])}"


def _occur(scores: Sequence[int]) -> str:
    return "occurs" if len(scores) == 1 else "occur"


@register_check("rubric-unknown", "weak-labels", needs="manifest")
def check_card(inspection: Inspection) -> Iterator[Finding]:
    """Point at an unknown scoring system and at labels that were not given to frames."""
    card = inspection.cohort.card
    if card.rubric == "unknown":
        yield Finding(
            "warning",
            "rubric-unknown",
            "The card does not name the scoring system by which the scores were given, so they "
            "cannot be compared with any others.",
            advice="Ask who scored the recordings, and write the rubric into cohort.toml.",
        )
    if card.label_level != "frame":
        yield Finding(
            "note",
            "weak-labels",
            f"Scores were given per {card.label_level}, so the score of a single frame is a weak "
            "label.",
            advice=f"Judge results per {card.label_level}, not per frame.",
        )


@register_check(
    "invalid-ratings", "raters-disagree", "raters-agree", "ratings-of-no-clip", needs="manifest"
)
def check_raters(inspection: Inspection) -> Iterator[Finding]:
    """Measure the agreement of every two raters on the frames that both scored."""
    for problem in inspection.ratings_problems:
        yield Finding(
            "error",
            "invalid-ratings",
            f"{problem.what}.",
            (problem.where,),
            f"Correct it in {RATINGS_NAME}, or import again.",
            ((problem.clip,),) if problem.clip else (),
        )
    unknown = sorted({rating.clip for rating in inspection.ratings} - inspection.by_clip.keys())
    yield from about_clips(
        "warning",
        "ratings-of-no-clip",
        unknown,
        f"{plural(len(unknown), 'clip')} of ratings.csv {are(len(unknown))} not in the manifest.",
        "Import again, or remove these rows from ratings.csv.",
    )
    for pair in inspection.agreement.pairs:
        kappa = pair.quadratic_kappa
        if kappa is None:
            continue
        poor = kappa < _FAIR
        yield Finding(
            "warning" if poor else "note",
            "raters-disagree" if poor else "raters-agree",
            f"Two raters agree with a quadratic kappa of {kappa:.2f} over "
            f"{shared_amount(pair.segments, pair.frames)} that both scored.",
            pair.raters,
            "No model can agree with raters better than they agree with each other: reach "
            "consensus on the scores that differ."
            if poor
            else "",
        )
