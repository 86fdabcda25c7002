"""Stage two: heads trained on embeddings."""

from lusscore.head import softmax  # noqa: F401 - it registers itself
from lusscore.head.registry import Head, head_defaults, head_names, make_head

__all__ = ["Head", "head_defaults", "head_names", "make_head"]
