"""Which settings of each head are tried where they are to be chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from lusscore.evaluation.feature_sets import FeatureSet
from lusscore.evaluation.head_ranges import check_settings
from lusscore.evaluation.models import HeadChoice, Model
from lusscore.heads import head_defaults

Grid = Mapping[str, Sequence[Any]]

# A factor of ten apart: with a thousand numbers per embedding, C = 1 hardly regularises at all.
_STRENGTHS = (0.001, 0.01, 0.1)
_CONVEX = ("logistic", "ordinal", "svm")
# Attention over raw embeddings has far more weights than there are clips.
_OTHERS: dict[str, Grid] = {"mil": {"components": (64,)}}


def default_grid(head: str, *, clip_labels: bool) -> Grid:
    """Return the values that are tried of each setting, none where a head's own are kept.

    Parameters
    ----------
    head
        Registered name.
    clip_labels
        Whether a score was given to a clip and not to each frame: then a clip is an example.
    """
    if head not in _CONVEX:
        return _OTHERS.get(head, {})
    return {"C": _STRENGTHS, "pooling": ("mean", "mean-std") if clip_labels else ("none",)}


def list_candidates(
    features: Sequence[tuple[FeatureSet, ...]],
    heads: Sequence[HeadChoice],
    grids: Mapping[str, Grid],
    *,
    clip_labels: bool,
    seed: int,
) -> tuple[Model, ...]:
    """List every head with every setting to try on every set of features.

    Parameters
    ----------
    features
        At least one; several sets that stand together are one after the other.
    heads
        Settings that are given are kept as they are.
    grids
        Per head, values to try beside, or in place of, those of :func:`default_grid`.
    clip_labels
        As there.
    seed
        Of all heads.

    Raises
    ------
    HeadError
        If a head has no such setting, or a value is out of its range.
    """
    choices = []
    for head in heads:
        tried = dict(default_grid(head.name, clip_labels=clip_labels)) | dict(
            grids.get(head.name, {})
        )
        tried = {key: values for key, values in tried.items() if key not in head.settings}
        for values in product(*tried.values()):
            own = dict(zip(tried, values, strict=True))
            settings = head_defaults(head.name) | {"seed": seed} | dict(head.settings) | own
            choices.append(HeadChoice(head.name, settings))
            check_settings(choices[-1])
    return tuple(Model(one, choice) for one in features for choice in choices)


def tell_settings(head: HeadChoice) -> str:
    """Write the settings in which a candidate differs from the head's defaults: ``C=0.01``."""
    defaults = head_defaults(head.name)
    return ", ".join(
        f"{key}={value}"
        for key, value in head.settings.items()
        if key != "seed" and defaults.get(key) != value
    )
