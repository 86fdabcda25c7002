"""How people write a score."""

from __future__ import annotations

import re

# a hyphen divides only right after the word: "LUS-1" is a score, "-1" and "score: -1" are not
_SCORE = re.compile(
    r"(?:(?:(?:lung[ _-]?(?:ultrasound[ _-]?)?|severity[ _-]?)?score|luss?|severity)"
    r"(?:-|[ _]*[:=]?[ _]*))?([0-3])(?:[.,]0+)?",
    re.IGNORECASE,
)
_NONE = frozenset(("", "-", "–", "na", "n/a", "nan", "none", "null", "unlabelled", "unlabeled"))

SCORES_EXPECTED = "expected 0, 1, 2, 3 or nothing"
"""The end of every sentence about a cell that is no score."""


def read_score(text: str) -> int | None:
    """Read a score such as ``2``, ``2.0``, ``Score 2`` or ``LUS-3``.

    Returns
    -------
    int or None
        0–3, or None where the cell says that there is none: empty, ``NA``, ``nan``, ``-``.

    Raises
    ------
    ValueError
        If it is neither; the text says what is expected. Nothing is guessed: neither ``2.5`` nor
        ``B2`` nor ``1-2`` is a score.
    """
    stripped = text.strip()
    if stripped.lower() in _NONE:
        return None
    match = _SCORE.fullmatch(stripped)
    if match is None:
        raise ValueError(f"{text!r} is not allowed; {SCORES_EXPECTED}")
    return int(match[1])


def names_a_score(name: str) -> bool:
    """Tell whether a field of this name holds the score, whatever its values."""
    try:
        return read_score(f"{name} 0") == 0
    except ValueError:
        return False
