"""What was done to a clip so that its pictures do not tell whose it is."""

from __future__ import annotations

from enum import Enum


class RedactionResult(Enum):
    """What was done to the pictures of a clip; its metadata is taken out in any case."""

    NOTHING_OUTSIDE = "nothing outside the sector"
    """Everything outside the sector was black already; the pictures were left as they were."""

    BLANKED = "blanked outside the sector"
    """The pictures are black outside the sector and where text was found."""

    GUESSED = "blanked outside what may be the sector"
    """Nothing moves, so brightness alone told the sector: somebody must look at the clip."""

    TEXT_BLANKED = "no sector found, text blanked"
    """Only the text that was found is black: somebody must look at the clip."""

    NOT_BLANKED = "no sector found, nothing blanked"
    """The pictures were left as they were: somebody must look at the clip."""

    @classmethod
    def of(cls, source: str, *, blanked: bool) -> RedactionResult:
        """Return the treatment of a clip.

        Parameters
        ----------
        source
            How its sector was found, as in :class:`lusscore.sector.Sector`.
        blanked
            Whether anything was made black.
        """
        if source == "whole":
            return cls.TEXT_BLANKED if blanked else cls.NOT_BLANKED
        if source == "brightness":
            return cls.GUESSED
        return cls.BLANKED if blanked else cls.NOTHING_OUTSIDE

    @property
    def look_at_it(self) -> bool:
        """Whether a person must make sure that no name is left in the pictures."""
        return self not in (RedactionResult.NOTHING_OUTSIDE, RedactionResult.BLANKED)
