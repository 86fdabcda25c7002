"""Whether raters agree."""

from __future__ import annotations

from collections.abc import Iterator

from lusscore.checks.agreement import shared_amount
from lusscore.checks.finding import Finding, each
from lusscore.checks.inspection import Inspection
from lusscore.checks.registry import register_check
from lusscore.cohort import RATINGS_NAME
from lusscore.wording import are, plural

# Landis and Koch 1977, Biometrics 33(1):159–174, call less than this fair at best.
_FAIR = 0.4


@register_check(
    "invalid-ratings", "raters-disagree", "raters-agree", "ratings-of-no-clip", needs="manifest"
)
def check_raters(inspection: Inspection) -> Iterator[Finding]:
    """Measure agreement of every two raters on the frames that both scored."""
    for problem in inspection.ratings_problems:
        yield Finding(
            "error",
            "invalid-ratings",
            f"{problem.what}.",
            (problem.where,),
            f"Correct it in {RATINGS_NAME}, or import again.",
            each(filter(None, (problem.clip,))),
        )
    unknown = sorted({rating.clip for rating in inspection.ratings} - inspection.by_clip.keys())
    if unknown:
        yield Finding(
            "warning",
            "ratings-of-no-clip",
            f"{plural(len(unknown), 'clip')} of ratings.csv {are(len(unknown))} not in the "
            "manifest.",
            clips=each(unknown),
            advice="Import again, or take these rows out of ratings.csv.",
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
            f"{shared_amount(pair.stretches, pair.frames)} that both scored.",
            pair.raters,
            "No model can agree with raters better than they agree with each other: settle the "
            "scores that differ."
            if poor
            else "",
        )
