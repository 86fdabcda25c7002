"""Which columns of ``/embeddings`` hold a level."""

from __future__ import annotations

from collections.abc import Mapping


def level_columns(sizes: Mapping[str, int], width: int) -> dict[str, slice]:
    """Return where each level lies: behind the embedding, in alphabetical order.

    Parameters
    ----------
    sizes
        Length of each level by name, as the fingerprint's part ``levels`` lists them.
    width
        Columns in all. The embedding has those before the first level.
    """
    columns = {}
    start = width - sum(sizes.values())
    for name in sorted(sizes):
        columns[name] = slice(start, start + sizes[name])
        start += sizes[name]
    return columns
