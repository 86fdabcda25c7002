"""What the values of a Label Studio control say of a score."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lusscore.cohort.importers.reading.score_words import read_score

# what a score means, after it: "2: coalescent B-lines", "0 (A-lines)", "1 – few"
_MEANING = re.compile(r"(?<=[0-3])\s*(?:[:(–—]|-(?=\s*[^\W\d])).*", re.DOTALL)


def score_of(words: str) -> int | None:
    """Return the score that a choice or number tells; None when it tells that there is none.

    As :func:`~lusscore.cohort.importers.reading.score_words.read_score`; besides, after the score
    may stand what it means, set off by a colon, a dash or a bracket; and a choice without any
    digit, such as ``not assessable``, is no score.

    Raises
    ------
    ValueError
        If `words` hold a digit and are no score.
    """
    if not any(letter.isdigit() for letter in words):
        return None
    if words.lstrip().startswith("-"):
        raise ValueError(f"{words!r} is not allowed; expected 0, 1, 2 or 3")
    return read_score(_MEANING.sub("", words))


def may_be_scores(values: Iterable[str]) -> bool:
    """Tell whether some of `values` are scores and none is another number."""
    try:
        scores = [score_of(words) for words in values]
    except ValueError:
        return False
    return any(score is not None for score in scores)
