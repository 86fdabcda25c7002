"""Which of the numbers that a backbone gives a head is trained on."""

from __future__ import annotations

from dataclasses import dataclass

from lusscore.cohort.embedding_levels import Level
from lusscore.errors import HeadError

EMBEDDING = "embedding"
_JOINT = "+"


@dataclass(frozen=True)
class FeatureSet:
    """A backbone's embedding, or levels of it one after the other.

    Attributes
    ----------
    backbone
        Its name.
    levels
        Levels in the order in which they stand, ``"embedding"`` being the embedding itself.
    """

    backbone: str
    levels: tuple[str, ...] = (EMBEDDING,)

    @property
    def name(self) -> str:
        """``xception``, or ``xception[embedding+16.mean]``."""
        if self.levels == (EMBEDDING,):
            return self.backbone
        return f"{self.backbone}[{_JOINT.join(self.levels)}]"


def parse_levels(text: str) -> tuple[str, ...]:
    """Read levels as a person writes them: ``embedding``, or ``32.top+32.middle+32.bottom``.

    Raises
    ------
    HeadError
        If one is no level, or is named twice.
    """
    levels = tuple(text.split(_JOINT))
    for level in levels:
        try:
            if level != EMBEDDING:
                Level.parse(level)
        except ValueError as error:
            raise HeadError(
                f"--levels {text}: {error} The embedding itself is called {EMBEDDING}."
            ) from None
        if levels.count(level) > 1:
            raise HeadError(f"--levels {text} names {level} twice; name each once.")
    return levels
