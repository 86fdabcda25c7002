"""Whose a clip is and what it shows: from fields of an export, file names or task names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lusscore.cohort.importers.zone_words import find_zone
from lusscore.cohort.protocols import Protocol
from lusscore.errors import CohortError, Problem

_FIRST_EXAM = "1"
_WORDS = ("patient", "exam", "zone", "group", "device")
_USUAL = {"patient": ("patient", "patient_id"), "exam": ("exam", "exam_id")}
_PLACES = ("file", "task")
HOW_TO_TELL = (
    "tell where it stands with --column patient=<field>, --column 'patient=file:<pattern>' or "
    "--column 'patient=task:<pattern>', where the brackets of a regular expression mark it"
)


@dataclass(frozen=True)
class Owner:
    """Patient, exam, zone, group and device of one clip, as a Span has them."""

    patient: str
    exam: str
    zone: str
    group: str
    device: str


class OwnerReader:
    """Reads whose a clip is, in the way the user chose.

    Parameters
    ----------
    columns
        Our word → the name of a field, or ``file:<pattern>`` or ``task:<pattern>``: the part of
        the clip's path or the task's name that the first brackets of a regular expression mark,
        or all that it matches. A word that is not there is a field of that name.

    Raises
    ------
    CohortError
        If a pattern is no regular expression.
    """

    def __init__(self, columns: Mapping[str, str]) -> None:
        self._fields: dict[str, tuple[str, ...]] = {}
        self._patterns: dict[str, tuple[str, re.Pattern[str]]] = {}
        for word in _WORDS:
            chosen = columns.get(word)
            place, colon, pattern = (chosen or "").partition(":")
            if colon and place in _PLACES:
                self._patterns[word] = (place, _compile(word, pattern))
            else:
                self._fields[word] = (chosen,) if chosen else _USUAL.get(word, (word,))

    @property
    def patient_fields(self) -> tuple[str, ...]:
        """Names of the fields that could tell a patient; empty when a pattern does."""
        return self._fields.get("patient", ())

    def tell(self, word: str, field: Callable[[str], str], names: Mapping[str, str]) -> str:
        """Return what is written of a clip under one of our words; empty when nothing.

        Parameters
        ----------
        word
            ``"patient"``, ``"exam"``, ``"zone"``, ``"group"`` or ``"device"``.
        field
            Gives what the export tells under a name; empty when nothing.
        names
            The clip's path as ``file`` and, where there is one, the name of the ``task``.
        """
        if word in self._patterns:
            place, pattern = self._patterns[word]
            match = pattern.search(names.get(place, ""))
            return (match[1 if pattern.groups else 0] or "").strip() if match else ""
        return next((text for name in self._fields[word] if (text := field(name).strip())), "")

    def read(
        self,
        where: str,
        field: Callable[[str], str],
        names: Mapping[str, str],
        protocol: Protocol,
        problems: list[Problem],
    ) -> Owner | None:
        """Read the owner of one clip, or note all that is wrong and return None.

        Parameters
        ----------
        where
            The place in the export.
        field, names
            As for :meth:`tell`.
        protocol
            Its zones are allowed.
        problems
            Grows.
        """
        told = {word: self.tell(word, field, names) for word in _WORDS}
        zone = find_zone(told["zone"], protocol) if told["zone"] else ""
        if not told["patient"]:
            problems.append(Problem(where, f"tells no patient; {HOW_TO_TELL}"))
        if zone is None:
            problems.append(
                Problem(
                    where,
                    f"{told['zone']!r} is not a zone of {protocol.name}; expected one of "
                    f"{', '.join(protocol.zone_names)}, or another --protocol",
                )
            )
        if zone is None or not told["patient"]:
            return None
        exam = told["exam"] or _FIRST_EXAM
        return Owner(told["patient"], exam, zone, told["group"], told["device"])


def _compile(word: str, pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise CohortError(
            f"--column {word}: {pattern!r} is no regular expression ({error}); expected one such "
            r"as 'P(\d+)'."
        ) from None
