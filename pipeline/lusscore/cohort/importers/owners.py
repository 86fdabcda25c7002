"""Whose a clip is and what it shows: from fields of an export, file names or task names."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol as Shape

from lusscore.cohort.importers.fields import (
    check_words,
    name_exams,
    part_of,
    read_choice,
    read_zone,
)
from lusscore.cohort.importers.registry import Import
from lusscore.cohort.protocols import Protocol
from lusscore.cohort.segments import Segment
from lusscore.errors import CohortError

_WORDS = ("patient", "exam", "zone", "group", "device")
_USUAL = {"patient": ("patient", "patient_id"), "exam": ("exam", "exam_id")}
_HOW_TO_CHOOSE = (
    "name the field with --column patient=FIELD, or the part of the clip's path or of the task's "
    r"name, e.g. --column 'patient=file~P(\d+)'"
)


class ExportedClip(Shape):
    """A clip of an export."""

    @property
    def path(self) -> Path:
        """The file or folder."""

    @property
    def where(self) -> str:
        """Its place in the export, as a person would look for it."""

    @property
    def names(self) -> Mapping[str, str]:
        """Its path as ``file`` and, where there is one, the name of its ``task``."""

    def values(self, name: str) -> Sequence[str]:
        """Return all that the export says of it under a field's name; each once."""


class OwnerReader:
    """Reads whose clips are, in the way the user chose.

    Columns of the options are: our word → the name of a field, ``file`` or ``task``, with
    ``~expression`` after it for a part of that; nothing where there is none. Without a choice, a
    word is a field of that name. `others` are words that mean something else to the importer.
    """

    def __init__(self, job: Import, *others: str) -> None:
        self._job = job
        columns = job.options.columns
        check_words(columns, (*others, *_WORDS))
        self._fields: dict[str, tuple[str, ...]] = {}
        self._patterns: dict[str, re.Pattern[str] | None] = {}
        for word in _WORDS:
            name, self._patterns[word] = read_choice(word, columns.get(word, ""))
            self._fields[word] = (name,) if word in columns else _USUAL.get(word, (word,))

    def value(self, word: str, clip: ExportedClip) -> str:
        """Return what is said of a clip under one of our words, e.g. ``"zone"``; may be empty."""
        for name in filter(None, self._fields[word]):
            values = clip.values(name)
            if len(values) > 1:
                said = ", ".join(map(repr, values))
                self._job.problem(clip.where, f"has the {name} {said}; expected one for the clip")
            if text := next(iter(values), "") or clip.names.get(name, ""):
                return part_of(text, self._patterns[word])
        return ""

    def choose_protocol(self, clips: Sequence[ExportedClip]) -> Protocol:
        """Return the protocol that was chosen, else the first that knows the zones of all clips.

        Raises CohortError if the export names no patient at all.
        """
        fields = [name for name in self._fields["patient"] if name not in ("file", "task")]
        if clips and fields and not any(self.value("patient", clip) for clip in clips):
            raise CohortError(
                f"it names no patient under {' or '.join(fields)}, and folds are made of patients",
                advice=_HOW_TO_CHOOSE,
                path=self._job.source,
            )
        return self._job.protocol_for(self.value("zone", clip) for clip in clips)

    def read(self, clips: Sequence[ExportedClip], protocol: Protocol) -> list[Segment | None]:
        """Read each clip as a segment without a score; None where its owner is missing or unclear.

        Exams that are dates become numbers; CohortError if they cannot be put in order.
        """
        segments = [self._read(clip, protocol) for clip in clips]
        visits = [(one.patient, one.exam) for one in segments if one]
        exams = name_exams(visits, f"The exam in {self._job.source}")
        return [one and replace(one, exam=exams[one.patient, one.exam]) for one in segments]

    def _read(self, clip: ExportedClip, protocol: Protocol) -> Segment | None:
        patient, exam, written, group, device = (self.value(word, clip) for word in _WORDS)
        if not patient:
            self._job.problem(clip.where, f"names no patient; {_HOW_TO_CHOOSE}")
        try:
            zone = read_zone(written, protocol)
        except ValueError as error:
            self._job.problem(clip.where, str(error))
            return None
        if not patient:
            return None
        return Segment(
            clip.path.as_posix(), patient, exam or "1", zone, None, group=group, device=device
        )
