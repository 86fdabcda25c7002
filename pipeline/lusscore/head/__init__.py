"""Stage two: heads trained on embeddings."""

# the paper's head first; each registers itself
from lusscore.head import softmax  # noqa: F401, I001
from lusscore.head import logistic, ordinal, svm, mil  # noqa: F401
from lusscore.head.registry import Head, head_defaults, head_names, head_summary, make_head

__all__ = ["Head", "head_defaults", "head_names", "head_summary", "make_head"]
