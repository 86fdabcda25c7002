"""What a card says about stage one: every setting that changes an embedding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from lusscore.cohort.frames_policy import FramesPolicy
from lusscore.errors import CohortError
from lusscore.sector import CONTRAST_POLICIES, SECTOR_POLICIES

DTYPES = ("float16", "float32")
REPEATED = ("keep", "drop")


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

    def __post_init__(self) -> None:
        checks = (
            (0 <= self.variants <= 1000, "variants", "a whole number from 0 to 1000"),
            (0 <= self.rotation <= 180, "rotation", "degrees from 0 to 180"),
            (0 <= self.shift <= 0.5, "shift", "a fraction from 0 to 0.5"),
            (0 <= self.scale <= 0.9, "scale", "a fraction from 0 to 0.9"),
            (self.seed >= 0, "seed", "a whole number of at least 0"),
            (self.dtype in DTYPES, "dtype", f"one of {', '.join(DTYPES)}"),
            (self.repeated in REPEATED, "repeated", f"one of {', '.join(REPEATED)}"),
            (self.sector in SECTOR_POLICIES, "sector", f"one of {', '.join(SECTOR_POLICIES)}"),
            (
                self.contrast in CONTRAST_POLICIES,
                "contrast",
                f"one of {', '.join(CONTRAST_POLICIES)}",
            ),
            (
                self.contrast == "none" or self.sector != "none",
                "contrast",
                'none where sector = "none", since it is measured inside the sector',
            ),
        )
        for good, name, expected in checks:
            if not good:
                raise CohortError(
                    f"extraction setting {name} = {getattr(self, name)!r} is not allowed; "
                    f"expected {expected}."
                )

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> ExtractionSettings:
        """Read a card's ``[extraction]`` table; keys left out keep their defaults.

        Raises
        ------
        CohortError
            On an unknown key, a value of the wrong type or one out of range.
        """
        known = {entry.name: getattr(cls(), entry.name) for entry in fields(cls)}
        values: dict[str, Any] = {}
        for key, value in table.items():
            if key not in known:
                raise CohortError(
                    f"unknown extraction setting {key!r}; expected any of {', '.join(known)}."
                )
            values[key] = _as_type_of(known[key], key, value)
        return cls(**values)

    def as_table(self) -> dict[str, Any]:
        """Return all settings as plain TOML or JSON values."""
        return asdict(self) | {"frames": str(self.frames)}


def _as_type_of(default: object, key: str, value: Any) -> object:
    """Return a TOML value as the type of `default`, or say why it is not one."""
    if isinstance(default, FramesPolicy):
        return FramesPolicy.parse(str(value))
    whole = isinstance(value, int) and not isinstance(value, bool)
    if isinstance(default, float) and (whole or isinstance(value, float)):
        return float(value)
    # bool is a kind of int in Python, but true is no number of variants
    if type(value) is not type(default):
        raise CohortError(
            f"extraction setting {key} = {value!r} is not allowed; "
            f"expected a value like {default!r}."
        )
    return value
