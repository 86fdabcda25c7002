"""Embeddings and labels as one matrix for heads that are fitted in one go."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from lusscore.heads.embedding_head import clean_variant


def chosen_rows(embeddings: NDArray[Any], variants: bool) -> tuple[NDArray[Any], int]:
    """Return the rows to train on, shape (rows, dim), and how many rows a frame has.

    Parameters
    ----------
    embeddings
        float, shape (frames, dim) or (frames, 1 + variants, dim).
    variants
        Whether to train on the augmented variants as well as on the clean frame; the rows of a
        frame then follow each other.
    """
    if not variants or embeddings.ndim == 2:
        return clean_variant(embeddings), 1
    return embeddings.reshape(-1, embeddings.shape[-1]), embeddings.shape[1]
