"""What a card says about stage one: every setting that changes an embedding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from lusscore.cohort.embedding_levels import check_levels
from lusscore.cohort.frames_policy import FramesPolicy
from lusscore.errors import CohortError, InvalidCohortError, Problem
from lusscore.sector import CONTRAST_POLICIES, SECTOR_POLICIES

DTYPES = ("float16", "float32")
REPEATED = ("keep", "drop")
_KINDS = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
_LIST_OF_TEXTS = 'a list of texts, such as ["16.mean", "32.max"]'


@dataclass(frozen=True)
class ExtractionSettings:
    """Settings of stage one, kept in the card's ``[extraction]`` table.

    Attributes
    ----------
    frames
        Which frames of each clip are used.
    repeated
        Whether a frame that shows the picture of the one before (a clip that was encoded again
        at a higher rate) is used: ``"keep"`` or ``"drop"``, which takes it out before `frames`
        picks.
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
        :class:`lusscore.cohort.embedding_levels.Level`; by default nothing is.
    """

    frames: FramesPolicy = field(default_factory=lambda: FramesPolicy("all"))
    repeated: str = "keep"
    variants: int = 3
    rotation: float = 10.0
    shift: float = 0.1
    scale: float = 0.1
    flip: bool = True
    seed: int = 0
    dtype: str = "float16"
    sector: str = "sector-no-text"
    contrast: str = "none"
    levels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for problem in self._faults():
            raise CohortError(f"extraction setting {problem.where} {problem.what}.")

    def _faults(self) -> Iterator[Problem]:
        """Yield what is out of range."""
        checks = (
            (0 <= self.variants <= 1000, "variants", "a whole number from 0 to 1000"),
            (0 <= self.rotation <= 180, "rotation", "degrees from 0 to 180"),
            (0 <= self.shift <= 0.5, "shift", "a fraction from 0 to 0.5"),
            (0 <= self.scale <= 0.9, "scale", "a fraction from 0 to 0.9"),
            (self.seed >= 0, "seed", "a whole number of at least 0"),
            (self.dtype in DTYPES, "dtype", _one_of(DTYPES)),
            (self.repeated in REPEATED, "repeated", _one_of(REPEATED)),
            (self.sector in SECTOR_POLICIES, "sector", _one_of(SECTOR_POLICIES)),
            (self.contrast in CONTRAST_POLICIES, "contrast", _one_of(CONTRAST_POLICIES)),
            (
                self.contrast == "none" or self.sector != "none",
                "contrast",
                'none where sector = "none", since it is measured inside the sector',
            ),
        )
        for good, name, expected in checks:
            if not good:
                yield Problem(
                    name, f"= {getattr(self, name)!r} is not allowed; expected {expected}"
                )
        wrong = check_levels(self.levels)
        if wrong:
            yield Problem("levels", wrong)

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> ExtractionSettings:
        """Read a card's ``[extraction]`` table; keys left out keep their defaults.

        Raises
        ------
        InvalidCohortError
            On unknown keys and values of a wrong type or out of range: all are named.
        """
        known = {entry.name: getattr(cls(), entry.name) for entry in fields(cls)}
        problems: list[Problem] = []
        values: dict[str, Any] = {}
        for key, value in table.items():
            if key not in known:
                problems.append(Problem(key, f"is no extraction setting; {_expected(known)}"))
                continue
            try:
                values[key] = _as_type_of(known[key], value)
            except ValueError as error:
                problems.append(Problem(key, f"= {value!r} is not allowed; {error}"))
        # an unchecked one, so that everything out of range is told and not the first alone
        unchecked = object.__new__(cls)
        vars(unchecked).update(known | values)
        problems += unchecked._faults()
        if problems:
            raise InvalidCohortError("extraction", problems)
        return cls(**values)

    def as_table(self) -> dict[str, Any]:
        """Return all settings as plain TOML or JSON values."""
        return asdict(self) | {"frames": str(self.frames), "levels": list(self.levels)}


def _one_of(allowed: Iterable[str]) -> str:
    """Say what may stand in a place."""
    return f"one of {', '.join(allowed)}"


def _expected(known: Iterable[str]) -> str:
    return f"expected any of {', '.join(known)}"


def _as_type_of(default: object, value: Any) -> object:
    """Return a TOML value as the type of `default`; raise ValueError that says what is expected."""
    if isinstance(default, FramesPolicy):
        try:
            return FramesPolicy.parse(str(value))
        except CohortError as error:
            raise ValueError(str(error).partition("; ")[2].rstrip(".")) from None
    if isinstance(default, tuple):
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            raise ValueError(f"expected {_LIST_OF_TEXTS}")
        return tuple(value)
    whole = isinstance(value, int) and not isinstance(value, bool)
    if isinstance(default, float) and (whole or isinstance(value, float)):
        return float(value)
    # bool is a kind of int in Python, but true is no number of variants
    if type(value) is not type(default):
        raise ValueError(f"expected {_KINDS[type(default)]}")
    return value
