"""Heads: classifiers that are trained on embeddings (stage two)."""

# the paper's head first; each registers itself
from lusscore.heads import softmax  # noqa: F401, I001
from lusscore.heads import regularised, ordinal, svm, mil  # noqa: F401
from lusscore.heads.array_reader import ArrayReader
from lusscore.heads.calibration import Temperature, fit_temperature
from lusscore.heads.clips import gather_bags, pool_clips
from lusscore.heads.linear import LinearView, linear_view
from lusscore.heads.mapped_rows import MappedRows, gather_rows
from lusscore.heads.registry import (
    Head,
    head_defaults,
    head_names,
    head_plugin,
    head_summary,
    learns_from_variants,
    make_head,
    register_head,
)
from lusscore.heads.regularised import RECOMMENDED, RECOMMENDED_LAYERS
from lusscore.heads.scaling import fit_scaling
from lusscore.heads.state import HeadState, head_state, restore_head

__all__ = [
    "RECOMMENDED",
    "RECOMMENDED_LAYERS",
    "ArrayReader",
    "Head",
    "HeadState",
    "LinearView",
    "MappedRows",
    "Temperature",
    "fit_scaling",
    "fit_temperature",
    "gather_bags",
    "gather_rows",
    "head_defaults",
    "head_names",
    "head_plugin",
    "head_state",
    "head_summary",
    "learns_from_variants",
    "linear_view",
    "make_head",
    "pool_clips",
    "register_head",
    "restore_head",
]
