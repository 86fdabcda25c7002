"""What people write in tables and exports: scores, zones, parts of names, dates of visits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from lusscore.cohort.protocols import Protocol
from lusscore.cohort.zone_names import find_zone
from lusscore.errors import CohortError

# a hyphen divides only right after the word: "LUS-1" is a score, "-1" and "score: -1" are not
_SCORE = re.compile(
    r"(?:(?:(?:lung[ _-]?(?:ultrasound[ _-]?)?|severity[ _-]?)?score|luss?|severity)"
    r"(?:-|[ _]*[:=]?[ _]*))?([0-3])(?:[.,]0+)?",
    re.IGNORECASE,
)
_NONE = frozenset(("", "-", "–", "na", "n/a", "nan", "none", "null", "unlabelled", "unlabeled"))
# what a score means, after it: "2: coalescent B-lines", "0 (A-lines)", "1 – few"
_MEANING = re.compile(r"(?<=[0-3])\s*(?:[:(–—]|-(?=\s*[^\W\d])).*", re.DOTALL)


def read_score(text: str) -> int | None:
    """Read a score such as ``2``, ``2.0``, ``Score 2`` or ``LUS-3``; None for ``NA``, ``-`` or "".

    Raises ValueError for all else. Nothing is guessed: ``2.5``, ``B2`` and ``1-2`` are no scores.
    """
    stripped = text.strip()
    if stripped.lower() in _NONE:
        return None
    match = _SCORE.fullmatch(stripped)
    if match is None:
        raise ValueError(f"{text!r} is not allowed; expected 0, 1, 2, 3 or nothing")
    return int(match[1])


def read_choice_score(words: str) -> int | None:
    """Read the score of a choice, after which may stand what it means: ``2: many B-lines``.

    A choice without any digit, such as ``not assessable``, is None; else as :func:`read_score`.
    """
    if not any(letter.isdigit() for letter in words):
        return None
    if words.lstrip().startswith("-"):
        raise ValueError(f"{words!r} is not allowed; expected 0, 1, 2 or 3")
    return read_score(_MEANING.sub("", words))


def may_be_scores(values: Iterable[str]) -> bool:
    """Tell whether some choices are scores and none is another number."""
    try:
        return {read_choice_score(words) for words in values} - {None} != set()
    except ValueError:
        return False


def names_a_score(name: str) -> bool:
    """Tell whether a field of this name holds the score, whatever its values."""
    try:
        return read_score(f"{name} 0") == 0
    except ValueError:
        return False


def read_zone(written: str, protocol: Protocol) -> str:
    """Return the zone of `protocol` that is meant, empty for nothing; raise ValueError for none."""
    zone = find_zone(written, protocol) if written else ""
    if zone is None:
        raise ValueError(
            f"{written!r} is not a zone of {protocol.name}; expected one of "
            f"{', '.join(protocol.zone_names)} or nothing (choose another protocol with --protocol)"
        )
    return zone


def check_words(columns: Mapping[str, str], known: Sequence[str]) -> None:
    """Raise CohortError if ``--column`` was given a word that the importer does not know."""
    for word in columns:
        if word not in known:
            raise CohortError(
                f"--column does not know {word!r}; expected one of {', '.join(known)}."
            )


def read_choice(word: str, choice: str) -> tuple[str, re.Pattern[str] | None]:
    """Divide ``NAME~EXPRESSION``, which ``--column WORD=`` was given; None is the whole field."""
    name, mark, expression = choice.partition("~")
    try:
        return name, re.compile(expression) if mark else None
    except re.error as error:
        raise CohortError(
            f"--column {word}={choice} holds no valid regular expression after '~' ({error}); "
            r"expected one such as 'P(\d+)'."
        ) from None


def part_of(text: str, pattern: re.Pattern[str] | None) -> str:
    """Return the first group of a pattern, or all it matches, stripped; "" for no match."""
    if pattern is not None:
        match = pattern.search(text)
        text = (match[1 if pattern.groups else 0] or "") if match else ""
    return text.strip()


_LOOKS_LIKE_A_DATE = re.compile(
    r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
    r"|\d{1,4}[-./]\d{1,2}[-./]\d{1,4}(?:[ T].*)?"
)
_FORMATS = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d"),
    *("%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%d/%m/%y", "%d-%m-%Y"),
    *("%m/%d/%Y", "%m/%d/%y", "%m-%d-%Y"),
)
Visit = tuple[str, str]
"""Patient, and exam as written."""


def name_exams(visits: Sequence[Visit], where: str) -> dict[Visit, str]:
    """Name exams as written; where they are dates, number each patient's visits instead.

    Raises CohortError, beginning with `where`, if their order is not certain: all dates must be
    written in the same way. The time of day does not matter.
    """
    if not any(_LOOKS_LIKE_A_DATE.fullmatch(exam.strip()) for _, exam in visits):
        return {visit: visit[1] for visit in visits}
    numberings = []
    for form in _FORMATS:
        try:
            numberings.append(_numbered(visits, form))
        except ValueError:
            continue
    if not numberings:
        raise CohortError(
            f"{where} holds dates, but not all are dates written in the same way; write them as "
            "2026-01-31. Visits are numbered by them."
        )
    if any(numbering != numberings[0] for numbering in numberings):
        raise CohortError(
            f"{where}: day and month of the dates can be taken for each other; write them as "
            "2026-01-31."
        )
    return numberings[0]


def _numbered(visits: Sequence[Visit], form: str) -> dict[Visit, str]:
    days = {
        visit: datetime.strptime(re.split(r"[ T]", visit[1].strip(), maxsplit=1)[0], form)
        for visit in visits
    }
    order: dict[str, list[datetime]] = {}
    for (patient, _), day in sorted(days.items(), key=lambda item: item[1]):
        known = order.setdefault(patient, [])
        if day not in known[-1:]:
            known.append(day)
    return {visit: str(order[visit[0]].index(day) + 1) for visit, day in days.items()}
