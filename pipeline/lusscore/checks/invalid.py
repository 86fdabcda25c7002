"""A card or manifest that cannot be used, as findings."""

from __future__ import annotations

from pathlib import Path

from lusscore.checks.finding import Finding, each
from lusscore.cohort import CARD_NAME, MANIFEST_NAME
from lusscore.errors import InvalidCohortError

INVALID_CODES = ("invalid-card", "invalid-manifest")


def findings_of(error: InvalidCohortError) -> list[Finding]:
    """Turn all that is wrong with a card or manifest into one finding per problem."""
    name = Path(error.path or MANIFEST_NAME).name
    return [
        Finding(
            "error",
            "invalid-card" if name == CARD_NAME else "invalid-manifest",
            f"{problem.what.rstrip('.')}.",
            (problem.where,),
            f"Correct it in {name}.",
            each(filter(None, (problem.clip,))),
        )
        for problem in error.problems
    ]
