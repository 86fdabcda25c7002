"""Whether the images of a folder are the frames of one clip."""

from __future__ import annotations

import re
from collections.abc import Sequence

_LAST_NUMBER = re.compile(r"\d+(?!.*\d)")
_ZONE = re.compile(r"(?:.*[^a-z0-9])?[lr][ _.-]?[1-9]", re.IGNORECASE)


def sequence_name(names: Sequence[str]) -> str | None:
    """Return what the names of images share if they differ by their last number alone.

    Parameters
    ----------
    names
        Without suffixes.

    Returns
    -------
    str or None
        The name without the number; None where each image is a clip by itself: there is only one,
        names differ in more, or the numbers may be those of zones (``R1``, ``R2``, ``R3``).
    """
    shared = {_LAST_NUMBER.sub("", name) for name in names}
    if len(names) < 2 or len(shared) > 1 or not all(map(_LAST_NUMBER.search, names)):
        return None
    if all(map(_ZONE.fullmatch, names)):
        return None
    return shared.pop()
