"""Stage two: heads trained on embeddings."""

# the paper's head first; each registers itself
from lusscore.heads import softmax  # noqa: F401, I001
from lusscore.heads import logistic, ordinal, svm, mil  # noqa: F401
from lusscore.heads.learned import HeadState, restore_head, head_state
from lusscore.heads.linear_view import LinearView, linear_view
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
from lusscore.heads.temperature import HIGHEST
from lusscore.heads.temperature import LOWEST
from lusscore.heads.temperature import Temperature
from lusscore.heads.scaling import fit_scaling
from lusscore.heads.bags import gather_bags
from lusscore.heads.clip_pooling import pool_clips

__all__ = [
    "HIGHEST",
    "LOWEST",
    "Head",
    "HeadState",
    "LinearView",
    "MappedRows",
    "Temperature",
    "fit_scaling",
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
