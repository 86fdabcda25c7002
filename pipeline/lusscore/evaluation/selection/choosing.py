"""What a person asks to be chosen inside the training patients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lusscore.evaluation.models import HeadChoice
from lusscore.evaluation.selection.grids import Grid

DEFAULT_CRITERION = "quadratic_kappa"
DEFAULT_FOLDS = 4


@dataclass(frozen=True)
class NestedCV:
    """Heads and settings to choose from, and by what.

    Attributes
    ----------
    ways
        Any of ``nested.WAYS``.
    heads
        At least one; settings that are given are kept.
    grids
        Per head, values to try of settings beside the usual ones.
    criterion
        One of ``criteria.CRITERIA``.
    folds
        Parts that the training patients of a fold are divided into.
    """

    ways: tuple[str, ...]
    heads: tuple[HeadChoice, ...]
    grids: Mapping[str, Grid] = field(default_factory=dict)
    criterion: str = DEFAULT_CRITERION
    folds: int = DEFAULT_FOLDS
