"""Whose a clip is and what it shows: from fields of an export, file names or task names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from lusscore.cohort.importers.reading.text_part import part_of, read_choice
from lusscore.cohort.importers.reading.visits import name_exams
from lusscore.cohort.protocols import Protocol
from lusscore.cohort.zone_names import find_zone
from lusscore.errors import CohortError, Problem

_FIRST_EXAM = "1"
_WORDS = ("patient", "exam", "zone", "group", "device")
_USUAL = {"patient": ("patient", "patient_id"), "exam": ("exam", "exam_id")}
_NAMES = ("file", "task")
HOW_TO_TELL = (
    "tell where it stands with --column patient=FIELD, or what part of the clip's path or of the "
    r"task's name it is, e.g. --column 'patient=file~P(\d+)'"
)


@dataclass(frozen=True)
class Owner:
    """Patient, exam, zone, group and device of one clip, as a Segment has them."""

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
        Our word → the name of a field, ``file`` for the clip's path or ``task`` for the task's
        name; with ``~expression`` after it, that part of it which the first group of a regular
        expression matches, or all that it matches; nothing where there is none. A word that is
        not there is a field of that name.
    others
        Words that mean something to the importer besides those of an owner.

    Raises
    ------
    CohortError
        If a word is unknown or an expression is not valid.
    """

    def __init__(self, columns: Mapping[str, str], others: Sequence[str] = ()) -> None:
        unknown = [word for word in columns if word not in (*_WORDS, *others)]
        if unknown:
            raise CohortError(
                f"--column does not know {unknown[0]!r}; expected one of "
                f"{', '.join((*others, *_WORDS))}."
            )
        self._fields: dict[str, tuple[str, ...]] = {}
        self._patterns: dict[str, re.Pattern[str] | None] = {}
        for word in _WORDS:
            name, self._patterns[word] = read_choice(word, columns.get(word, ""))
            self._fields[word] = (name,) if word in columns else _USUAL.get(word, (word,))

    @property
    def patient_fields(self) -> tuple[str, ...]:
        """Names of the fields that could tell a patient; empty where a path or name does."""
        return tuple(name for name in self._fields["patient"] if name not in _NAMES)

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
        texts = (field(name) or names.get(name, "") for name in self._fields[word] if name)
        return part_of(next(filter(None, texts), ""), self._patterns[word])

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


def number_visits_of(owners: Sequence[Owner], source: object) -> list[Owner]:
    """Give each patient's exams numbers where they are dates, which are not kept.

    Raises
    ------
    CohortError
        If they are dates that cannot be put in order.
    """
    visits = [(owner.patient, owner.exam) for owner in owners]
    exams = name_exams(visits, f"The exam in {source}")
    return [replace(owner, exam=exams[visit]) for owner, visit in zip(owners, visits, strict=True)]
