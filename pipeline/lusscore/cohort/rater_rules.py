"""The rules by which the scores of several raters become one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from lusscore.errors import CohortError

UNNAMED = "unnamed"
"""What a rater is called whose name the source does not tell."""

_NAMED = "rater:"


@dataclass(frozen=True)
class RaterRule:
    """A rule that makes one score of several.

    Attributes
    ----------
    name
        As the user writes it.
    decide
        Takes the score 0–3 of each rater, at least one, and gives one, or None.
    rater
        The rater whose scores alone count; None where all do.
    """

    name: str
    decide: Callable[[Mapping[str, int]], int | None]
    rater: str | None = None


def parse_rule(text: str | None, raters: Collection[str]) -> RaterRule:
    """Read ``majority`` (also None), ``mean`` or ``rater:<name>``.

    Parameters
    ----------
    text
        The rule.
    raters
        Names of those who gave scores.

    Raises
    ------
    CohortError
        If there is no such rule or rater.
    """
    if text is None or text == "majority":
        return RaterRule("majority", _majority)
    if text == "mean":
        return RaterRule("mean", _mean)
    there = ", ".join(sorted(raters)) or "none at all"
    if not text.startswith(_NAMED):
        raise CohortError(
            f"Unknown rule {text!r} for several raters; expected majority, mean or "
            f"{_NAMED}NAME, where NAME is one of the raters here: {there}."
        )
    name = text.removeprefix(_NAMED)
    if name not in raters:
        raise CohortError(f"No rater {name!r} gave scores here; expected one of {there}.")
    return RaterRule(text, lambda scores: scores.get(name), name)


def _majority(scores: Mapping[str, int]) -> int | None:
    counts = Counter(scores.values()).most_common(2)
    return None if len(counts) == 2 and counts[0][1] == counts[1][1] else counts[0][0]


def _mean(scores: Mapping[str, int]) -> int:
    # in whole numbers, since round() takes 1.5 and 2.5 both to 2
    return (2 * sum(scores.values()) + len(scores)) // (2 * len(scores))
