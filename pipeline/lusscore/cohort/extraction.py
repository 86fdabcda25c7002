"""What a card says about stage one: every setting that changes an embedding."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Annotated, Any, ClassVar, NamedTuple, get_type_hints

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, ConfigDict, PlainValidator, ValidationInfo, create_model

from lusscore.errors import CohortError, InvalidCohortError
from lusscore.records import STRICT, Record, between, one_of, validate
from lusscore.sector import CONTRAST_POLICIES, SECTOR_POLICIES

DTYPES = ("float16", "float32")
REPEATED = ("keep", "drop")
STRIDES = (32, 16, 8, 4)
BANDS = ("top", "middle", "bottom")
POOLINGS = ("mean", "max", *BANDS, "std")
_PATTERN = re.compile(r"(all)|(every|per-clip|per-second):([1-9][0-9]{0,8})")
# Clocks are kept in microseconds, so that a frame may seem to come this much before its second.
_TICK = 1e-4


@dataclass(frozen=True)
class FramesPolicy:
    """A rule that picks frames of a clip by number.

    Attributes
    ----------
    kind
        ``"all"``, ``"every"`` (every n-th frame from the first), ``"per-clip"`` (n frames
        spread evenly, all if the clip has fewer) or ``"per-second"`` (n frames of each second by
        the clip's own clock, all if it has none).
    n
        The number in ``every:n``, ``per-clip:n`` or ``per-second:n``; 1 for ``all``.
    """

    kind: str
    n: int = 1

    @classmethod
    def parse(cls, text: str) -> FramesPolicy:
        """Read ``all``, ``every:n``, ``per-clip:n`` or ``per-second:n``.

        Raises
        ------
        CohortError
            If `text` is none of these.
        """
        match = _PATTERN.fullmatch(text)
        if match is None:
            raise CohortError(
                f"Unknown frames policy {text!r}; expected all, every:n, per-clip:n or "
                "per-second:n with a whole number n from 1 to 999999999, e.g. per-clip:16."
            )
        return cls("all") if match[1] else cls(match[2], int(match[3]))

    def __str__(self) -> str:
        return self.kind if self.kind == "all" else f"{self.kind}:{self.n}"

    def select(self, frames: int, times: NDArray[np.float64] | None = None) -> NDArray[np.int64]:
        """Pick frame numbers of a clip that has `frames` frames.

        ``per-second`` needs the `times` of frames in seconds, shape (frames,); None or NaN where
        the clip has no clock.

        Returns
        -------
        ndarray of int64, shape (selected,)
            Strictly increasing, each in ``[0, frames)``. ``per-clip:n`` takes the middle frame
            of each of n equal parts, ``per-second:n`` the first frame of each n-th of a second.
        """
        if self.kind == "every":
            return np.arange(0, frames, self.n)
        if self.kind == "per-clip" and self.n < frames:
            return ((np.arange(self.n) + 0.5) * frames / self.n).astype(np.int64)
        if self.kind == "per-second" and times is not None and frames and not np.isnan(times).any():
            # a clock that runs back for a frame must not show the same moment twice
            since = np.maximum.accumulate(times - times[0])
            slots = np.floor((since + _TICK) * self.n)
            return np.flatnonzero(np.diff(slots, prepend=-1.0) > 0)
        return np.arange(frames)


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


def _policy(value: object) -> FramesPolicy:
    try:
        return value if isinstance(value, FramesPolicy) else FramesPolicy.parse(str(value))
    except CohortError as error:
        raise ValueError(error.without_path().rstrip(".")) from None


def _levels(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(entry, str) for entry in value):
        raise ValueError(
            f'{value!r} is not allowed; expected a list of texts, such as ["16.mean", "32.max"]'
        )
    if wrong := check_levels(tuple(value)):
        raise ValueError(wrong)
    return tuple(value)


def _inside_sector(value: str, info: ValidationInfo) -> str:
    if value != "none" and info.data.get("sector") == "none":
        raise ValueError(
            f"{value!r} is not allowed; expected none where sector is none, since contrast is "
            "measured inside the sector"
        )
    return value


@dataclass(frozen=True)
class ExtractionSettings:
    """Settings of stage one, kept in the card's ``[extraction]`` table.

    Attributes
    ----------
    frames
        Which frames of each clip are used.
    repeated
        Whether a frame that repeats the one before (a clip that was encoded again at a higher
        rate) is used: ``"keep"`` or ``"drop"``, which removes it before `frames` picks.
    variants
        Augmented copies per frame beside the clean one; 0 for none.
    rotation
        Largest rotation either way, in degrees, 0–180.
    shift
        Largest shift either way, as a fraction of the image side, 0–0.5.
    scale
        Largest change of scale either way, as a fraction, 0–0.9: 0.1 means 0.9–1.1.
    flip
        Whether half of the augmented copies are mirrored left to right.
    seed
        Seed of the augmentation.
    dtype
        Type in which embeddings are stored, ``"float16"`` or ``"float32"``.
    sector
        What a network sees of a frame: ``"none"`` the whole image, ``"sector"`` the insonified
        part and black outside it, ``"sector-no-text"`` the same with text in it painted over.
    contrast
        Contrast inside the sector: ``"none"`` as recorded, ``"stretch"`` to the whole range,
        ``"clahe"`` equalised in tiles as well; the last two ask for a sector policy.
    levels
        Names of what is kept of each network beside its embedding, see
        :class:`Level`; by default nothing is.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STRICT

    frames: Annotated[FramesPolicy, PlainValidator(_policy)] = FramesPolicy("all")
    repeated: Annotated[str, one_of(REPEATED)] = "keep"
    variants: Annotated[int, between(0, 1000, "a whole number from 0 to 1000")] = 3
    rotation: Annotated[float, between(0, 180, "degrees from 0 to 180")] = 10.0
    shift: Annotated[float, between(0, 0.5, "a fraction from 0 to 0.5")] = 0.1
    scale: Annotated[float, between(0, 0.9, "a fraction from 0 to 0.9")] = 0.1
    flip: bool = True
    seed: Annotated[int, between(0, 2**63 - 1, "a whole number of at least 0")] = 0
    dtype: Annotated[str, one_of(DTYPES)] = "float16"
    sector: Annotated[str, one_of(SECTOR_POLICIES)] = "sector-no-text"
    contrast: Annotated[str, one_of(CONTRAST_POLICIES), AfterValidator(_inside_sector)] = "none"
    levels: Annotated[tuple[str, ...], PlainValidator(_levels)] = ()

    def __post_init__(self) -> None:
        _check(self.as_table())

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> ExtractionSettings:
        """Read a card's ``[extraction]`` table; keys left out keep their defaults.

        Raises
        ------
        InvalidCohortError
            On unknown keys and values of a wrong type or out of range: all are named.
        """
        return cls(**dict(_check(table)))

    def as_table(self) -> dict[str, Any]:
        """Return all settings as plain TOML or JSON values."""
        return asdict(self) | {"frames": str(self.frames), "levels": list(self.levels)}


_HINTS = get_type_hints(ExtractionSettings, include_extras=True)
_FIELDS: dict[str, Any] = {
    one.name: (_HINTS[one.name], one.default) for one in fields(ExtractionSettings)
}
# the same keys as a record, which checks settings that no file has given
_Settings = create_model("_Settings", __base__=Record, **_FIELDS)


def _check(table: Mapping[str, Any]) -> Record:
    return validate(table, _Settings, InvalidCohortError, subject="the extraction")
