"""A card or manifest that cannot be used, as findings."""

from __future__ import annotations

from pathlib import Path

from lusscore.checks.finding import Finding
from lusscore.cohort import CARD_NAME
from lusscore.errors import InvalidCohortError

INVALID_CODES = ("invalid-card", "invalid-manifest")


def findings_of(error: InvalidCohortError) -> list[Finding]:
    """Turn all that is wrong with a card or manifest into one finding per problem."""
    card = Path(str(error.source)).name == CARD_NAME
    return [
        Finding(
            "error",
            "invalid-card" if card else "invalid-manifest",
            f"{problem.what.rstrip('.')}.",
            # the page cuts the folders of clips that stand in `where`
            (problem.where, problem.clip) if problem.clip else (problem.where,),
            f"Correct it in {Path(str(error.source)).name}.",
        )
        for problem in error.problems
    ]
