"""What a person may write beside a score."""

from __future__ import annotations

from lusscore.cohort import MAXIMUM_ZONE_SCORE, UNNAMED, Protocol
from lusscore.errors import CohortError
from lusscore.labelling.opinions import deciders

_LONGEST = 100


def check_score(score: int) -> None:
    """Refuse anything but the whole numbers 0, 1, 2, 3.

    Raises
    ------
    CohortError
        If it is something else.
    """
    if type(score) is not int or not 0 <= score <= MAXIMUM_ZONE_SCORE:
        raise CohortError(f"A score of {score!r} is not allowed; expected 0, 1, 2 or 3.")


def check_words(what: str, words: str, *, needed: bool = True) -> str:
    """Return a cell's text without surrounding spaces.

    Raises
    ------
    CohortError
        If it is empty though needed, too long, or holds what does not belong in one line of text.
    """
    words = words.strip()
    if needed and not words:
        raise CohortError(f"The {what} is empty; a label is saved only with it.")
    if len(words) > _LONGEST or not words.isprintable():
        raise CohortError(
            f"The {what} cannot be saved; expected one line of at most {_LONGEST} characters."
        )
    return words


def check_rater(rater: str) -> str:
    """Return the rater's name without surrounding spaces.

    Raises
    ------
    CohortError
        If it is empty, or a word that stands for something else in a manifest.
    """
    rater = check_words("rater", rater)
    if rater == UNNAMED or deciders(rater):
        raise CohortError(
            f"A rater cannot be called {rater!r}, which means something else in a manifest; "
            "expected a name or initials."
        )
    return rater


def check_zone(zone: str, protocol: Protocol) -> None:
    """Refuse a zone that the protocol does not have; empty means that it is not known.

    Raises
    ------
    CohortError
        If the protocol does not have it.
    """
    if zone and zone not in protocol.zone_names:
        raise CohortError(
            f"{zone!r} is not a zone of {protocol.name}; expected one of "
            f"{', '.join(protocol.zone_names)}."
        )
