"""``NAME~EXPRESSION``: a field, or that part of it which an expression finds."""

from __future__ import annotations

import re

from lusscore.errors import CohortError

PART_MARK = "~"


def read_choice(word: str, told: str) -> tuple[str, re.Pattern[str] | None]:
    """Divide what ``--column WORD=TOLD`` says into a name and an expression.

    Returns
    -------
    name, pattern
        The pattern is None where the whole field is meant.

    Raises
    ------
    CohortError
        If what follows the mark is no regular expression.
    """
    name, mark, expression = told.partition(PART_MARK)
    try:
        return name, re.compile(expression) if mark else None
    except re.error as error:
        raise CohortError(
            f"--column {word}={told} holds no valid regular expression after {PART_MARK!r} "
            rf"({error}); expected one such as 'P(\d+)'."
        ) from None


def part_of(text: str, pattern: re.Pattern[str] | None) -> str:
    """Return the first group of the expression, or all it finds; the whole text without one.

    It is empty where nothing is found, and has no blanks around it.
    """
    if pattern is not None:
        match = pattern.search(text)
        text = (match[1 if pattern.groups else 0] or "") if match else ""
    return text.strip()
