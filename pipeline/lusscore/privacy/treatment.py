"""What was done to a clip so that its pictures do not tell whose it is."""

from __future__ import annotations

from enum import Enum


class Treatment(Enum):
    """What was done to the pictures of a clip; its metadata is taken out in any case."""

    NOTHING_OUTSIDE = "nothing outside the sector"
    """Everything outside the sector was black already; the pictures were left as they were."""

    BLANKED = "blanked outside the sector"
    """The pictures are black outside the sector and where text was found."""

    TEXT_BLANKED = "no sector found, text blanked"
    """Only the text that was found is black: somebody must look at the clip."""

    NOT_BLANKED = "no sector found, nothing blanked"
    """The pictures were left as they were: somebody must look at the clip."""

    @property
    def look_at_it(self) -> bool:
        """Whether a person must make sure that no name is left in the pictures."""
        return self in (Treatment.TEXT_BLANKED, Treatment.NOT_BLANKED)
