"""Why a person should look at a clip before its score is believed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lusscore.evaluation import Rule
from lusscore.models import Bundle
from lusscore.scoring.scored import Evidence

# More than half: what the score rests on is then not the lung.
MOST_OUTSIDE = 0.5
# Probabilities that are shown as the same number do not contradict each other.
_ALIKE = 0.005


def rule_beside_probabilities(rule: Rule, score: int, probabilities: NDArray[np.float64]) -> str:
    """Say that another score is more probable than the one that the rule gives; empty if none is.

    Parameters
    ----------
    rule
        From frames to a clip or zone.
    score
        What it gives.
    probabilities
        Of the four scores, shape (4,).
    """
    likeliest = int(probabilities.argmax())
    if probabilities[likeliest] <= probabilities[score] + _ALIKE:
        return ""
    return (
        f"Not the most probable score: the rule {rule.name} gives {score}, and {likeliest} has the "
        f"higher probability, {probabilities[likeliest]:.2f}."
    )


def reasons(
    bundle: Bundle,
    reading: tuple[int, NDArray[np.float64]],
    distance: float,
    evidence: Evidence,
    sector_source: str,
) -> tuple[str, ...]:
    """List what speaks against believing a clip's score, the weightiest first.

    Parameters
    ----------
    bundle
        Has the limits.
    reading
        The clip's score, and the probabilities of all four, shape (4,).
    distance
        From the training cohort; its limit is 1.
    evidence
        Of which the share outside the sector counts.
    sector_source
        How the sector was found, see :class:`lusscore.sector.Sector`.
    """
    found = []
    score, probabilities = reading
    confidence = float(probabilities[score])
    if distance > 1:
        found.append(
            f"Unlike the training cohort: a distance of {distance:.2f}, and of its own held-out "
            f"clips {bundle.familiar.share:.0%} are above 1. Another device or setting, another "
            "organ, or no ultrasound."
        )
    if confidence < bundle.least_confidence:
        found.append(
            f"Unsure: the score has a probability of {confidence:.2f}, below the "
            f"{bundle.least_confidence:.2f} asked for."
        )
    differs = rule_beside_probabilities(bundle.clip_rule, score, probabilities)
    if differs:
        found.append(differs)
    if bundle.extraction.sector != "none" and sector_source == "whole":
        found.append("No sector was found, so that the whole image was scored.")
    if evidence.outside > MOST_OUTSIDE:
        found.append(
            f"{evidence.outside:.0%} of what speaks for the score lies outside the sector."
        )
    return tuple(found)
