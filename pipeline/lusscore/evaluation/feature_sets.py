"""Which of the numbers that a backbone gives a head is trained on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lusscore.cohort import Level
from lusscore.errors import HeadError

EMBEDDING = "embedding"
_JOINT = "+"
_APART = ";"
_SET = re.compile(r"([^+\[\]/; ]+)(?:\[([^\];]+)\])?")
_ALL_OF_EACH = re.compile(r"\(?([^()\[\]/; ]+)\)?\[([^\];]+(?:;[^\];]+)+)\]")


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


def join_names(features: Sequence[FeatureSet]) -> str:
    """Name several sets together, so that :func:`split_names` gives them back.

    ``xception+vgg16``, or where several backbones or one have each of several levels,
    ``(xception+vgg16)[embedding;16.mean]``.
    """
    backbones = tuple(dict.fromkeys(one.backbone for one in features))
    levels = tuple(dict.fromkeys(one.levels for one in features))
    names = _JOINT.join(backbones)
    product = tuple(_all_of_each(backbones, levels))
    if len(levels) == 1 or tuple(features) != product or "(" in names:
        return _JOINT.join(one.name for one in features)
    if len(backbones) > 1:
        names = f"({names})"
    return f"{names}[{_APART.join(_JOINT.join(each) for each in levels)}]"


def split_names(text: str) -> tuple[FeatureSet, ...]:
    """Read what :func:`join_names` or :attr:`FeatureSet.name` gives.

    Raises
    ------
    HeadError
        If it cannot be read, or names a level that none can have.
    """
    if (product := _ALL_OF_EACH.fullmatch(text)) is not None:
        levels = [parse_levels(each) for each in product[2].split(_APART)]
        return tuple(_all_of_each(product[1].split(_JOINT), levels))
    found: list[FeatureSet] = []
    place = 0
    while place < len(text):
        match = _SET.match(text, place)
        if match is None or text[match.end() : match.end() + 1] not in ("", _JOINT):
            raise HeadError(f"the features {text!r} cannot be read.")
        found.append(FeatureSet(match[1], parse_levels(match[2] or EMBEDDING)))
        place = match.end() + 1
    return tuple(found)


def _all_of_each(
    backbones: Sequence[str], levels: Sequence[tuple[str, ...]]
) -> Iterator[FeatureSet]:
    return (FeatureSet(name, each) for each in levels for name in backbones)
