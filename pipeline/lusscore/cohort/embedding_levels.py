"""Levels: what stage one may keep of a network beside its embedding, and how it is called."""

from __future__ import annotations

from typing import NamedTuple

STRIDES = (32, 16, 8, 4)
BANDS = ("top", "middle", "bottom")
POOLINGS = ("mean", "max", *BANDS, "std")


class Level(NamedTuple):
    """One of a network's feature maps, pooled in one way.

    Attributes
    ----------
    stride
        How many times smaller than the network's input the map is: the last map of that size.
    pooling
        ``"mean"``, ``"max"`` or ``"std"`` over the map, or the mean of its upper, middle or
        lower third: ``"top"``, ``"middle"``, ``"bottom"``.
    """

    stride: int
    pooling: str

    @classmethod
    def parse(cls, name: str) -> Level:
        """Read a name such as ``"16.top"``.

        Raises
        ------
        ValueError
            If it is none; the message says what is expected.
        """
        stride, _, pooling = name.partition(".")
        if stride not in map(str, STRIDES) or pooling not in POOLINGS:
            raise ValueError(
                f"expected STRIDE.POOLING, such as 16.mean, with the stride one of "
                f"{', '.join(map(str, STRIDES))} and the pooling one of {', '.join(POOLINGS)}"
            )
        return cls(int(stride), pooling)


def check_levels(names: tuple[str, ...]) -> str:
    """Say what is wrong with the names of levels; empty when nothing is."""
    for name in names:
        try:
            Level.parse(name)
        except ValueError as error:
            return f"has {name!r}; {error}"
        if names.count(name) > 1:
            return f"has {name!r} twice; expected each level once"
    return ""
