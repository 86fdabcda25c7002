"""Stage two: heads trained on embeddings."""

# the paper's head first; each registers itself
from lusscore.head import softmax  # noqa: F401, I001
from lusscore.head import logistic, ordinal, svm, mil  # noqa: F401
from lusscore.head.learned import Learned, restore_head, take_learned
from lusscore.head.linear_view import LinearView, linear_view
from lusscore.head.mapped_rows import MappedRows, gather_rows
from lusscore.head.registry import (
    Head,
    head_defaults,
    head_names,
    head_plugin,
    head_summary,
    learns_from_variants,
    make_head,
    register_head,
)
from lusscore.head.temperature import HIGHEST
from lusscore.head.temperature import LOWEST
from lusscore.head.temperature import Temperature
from lusscore.head.scaling import fit_scaling
from lusscore.head.bags import gather_bags
from lusscore.head.clip_pooling import pool_clips

__all__ = [
    "HIGHEST",
    "LOWEST",
    "Head",
    "Learned",
    "LinearView",
    "MappedRows",
    "Temperature",
    "fit_scaling",
    "gather_bags",
    "gather_rows",
    "head_defaults",
    "head_names",
    "head_plugin",
    "head_summary",
    "learns_from_variants",
    "linear_view",
    "make_head",
    "pool_clips",
    "register_head",
    "restore_head",
    "take_learned",
]
