"""Why a person should look at a clip before its score is believed."""

from __future__ import annotations

from lusscore.bundle.bundle import Bundle
from lusscore.scoring.scored import Evidence

# More than half: what the score rests on is then not the lung.
MOST_OUTSIDE = 0.5


def reasons(
    bundle: Bundle, confidence: float, distance: float, evidence: Evidence, sector_source: str
) -> tuple[str, ...]:
    """List what speaks against believing a clip's score, the weightiest first.

    Parameters
    ----------
    bundle
        Has the limits.
    confidence
        Probability of the clip's score.
    distance
        From the training cohort; its limit is 1.
    evidence
        Of which the share outside the sector counts.
    sector_source
        How the sector was found, see :class:`lusscore.sector.Sector`.
    """
    found = []
    if distance > 1:
        found.append(
            f"Unlike the training cohort: {distance:.1f} times as far off as its own patients' "
            "clips are. Another device or setting, another organ, or no ultrasound."
        )
    if confidence < bundle.least_confidence:
        found.append(
            f"Unsure: the score has a probability of {confidence:.2f}, below the "
            f"{bundle.least_confidence:.2f} asked for."
        )
    if bundle.extraction.sector != "none" and sector_source == "whole":
        found.append("No sector was found, so that the whole image was scored.")
    if evidence.outside > MOST_OUTSIDE:
        found.append(
            f"{evidence.outside:.0%} of what speaks for the score lies outside the sector."
        )
    return tuple(found)
