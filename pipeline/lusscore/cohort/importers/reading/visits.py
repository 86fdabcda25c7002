"""Visits from dates, which a cohort does not keep."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from lusscore.errors import CohortError

_LOOKS_LIKE_A_DATE = re.compile(
    r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
    r"|\d{1,4}[-./]\d{1,2}[-./]\d{1,4}(?:[ T].*)?"
)
_FORMATS = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d"),
    *("%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%d/%m/%y", "%d-%m-%Y"),
    *("%m/%d/%Y", "%m/%d/%y", "%m-%d-%Y"),
)

_Visit = tuple[str, str]


class AmbiguousDatesError(ValueError):
    """Dates that may be read in two ways; the text tells how to write them."""


def looks_like_date(text: str) -> bool:
    """Tell whether `text` has the form of a date, valid or not."""
    return _LOOKS_LIKE_A_DATE.fullmatch(text.strip()) is not None


def name_exams(visits: Sequence[_Visit], where: str) -> dict[_Visit, str]:
    """Name each patient's exams as they are written, or by numbers where they are dates.

    Parameters
    ----------
    visits
        (patient, exam as written); no exam is empty.
    where
        What holds the exams, as a sentence begins with it.

    Raises
    ------
    CohortError
        If they are dates that cannot be put in order.
    """
    if not any(looks_like_date(exam) for _, exam in visits):
        return {visit: visit[1] for visit in visits}
    try:
        numbers = number_visits(visits)
    except AmbiguousDatesError as error:
        raise CohortError(f"{where}: {error}.") from None
    if numbers is None:
        raise CohortError(
            f"{where} holds dates, but not all are dates written in the same way; write them as "
            "2026-01-31. Visits are numbered by them."
        )
    return dict(numbers)


def number_visits(visits: Sequence[_Visit]) -> Mapping[_Visit, str] | None:
    """Give each patient's visits numbers by their dates, so that no date need be kept.

    Parameters
    ----------
    visits
        (patient, date) as written. All dates must be written in the same way; the time of day,
        if told, is not looked at.

    Returns
    -------
    mapping or None
        (patient, date) → ``"1"``, ``"2"``, … in order of time; None where no single way of
        writing dates fits them all.

    Raises
    ------
    AmbiguousDatesError
        If day and month may be taken for each other and that would change the numbers.
    """
    numberings = []
    for form in _FORMATS:
        try:
            dates = {visit: _parse(visit[1], form) for visit in visits}
        except ValueError:
            continue
        numberings.append(_numbers(dates))
    if not numberings:
        return None
    if any(numbering != numberings[0] for numbering in numberings[1:]):
        raise AmbiguousDatesError(
            "day and month of the dates can be taken for each other; write them as 2026-01-31"
        )
    return numberings[0]


def _parse(text: str, form: str) -> date:
    day = re.split(r"[ T]", text.strip(), maxsplit=1)[0]
    return datetime.strptime(day, form).date()


def _numbers(dates: Mapping[_Visit, date]) -> dict[_Visit, str]:
    by_patient: dict[str, set[date]] = {}
    for (patient, _), day in dates.items():
        by_patient.setdefault(patient, set()).add(day)
    order = {patient: sorted(days) for patient, days in by_patient.items()}
    return {visit: str(order[visit[0]].index(day) + 1) for visit, day in dates.items()}
