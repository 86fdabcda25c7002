"""What the card says about how the labels came to be."""

from __future__ import annotations

from collections.abc import Iterator

from lusscore.checks.finding import Finding
from lusscore.checks.inspection import Inspection
from lusscore.checks.registry import register_check


@register_check("rubric-unknown", "weak-labels", needs="manifest")
def check_card(inspection: Inspection) -> Iterator[Finding]:
    """Point at an unknown rubric and at labels that were not given to frames."""
    card = inspection.cohort.card
    if card.rubric == "unknown":
        yield Finding(
            "warning",
            "rubric-unknown",
            "The card does not say by which rubric the scores were given, so that they cannot be "
            "compared with any others.",
            advice="Ask who scored the recordings, and write the rubric into cohort.toml.",
        )
    if card.label_level != "frame":
        yield Finding(
            "note",
            "weak-labels",
            f"Scores were given per {card.label_level}, so that the score of a single frame is a "
            "weak label.",
            advice=f"Judge results per {card.label_level}, not per frame.",
        )
