"""The scores that each rater gave, kept apart from the one score that a cohort is trained on."""

from __future__ import annotations

from dataclasses import dataclass

RATINGS_NAME = "ratings.csv"


@dataclass(frozen=True)
class Rating:
    """What one rater said of one span of a clip.

    Attributes
    ----------
    clip
        Path as the manifest writes it.
    rater
        Who; never empty.
    score
        0–3.
    frame_start, frame_end
        As in :class:`lusscore.cohort.Span`.
    """

    clip: str
    rater: str
    score: int
    frame_start: int = 0
    frame_end: int | None = None
