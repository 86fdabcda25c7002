"""Guessing a clip's zone from its file name, its folders and its DICOM header."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lusscore.clips import is_dicom, open_dicom, text
from lusscore.cohort import (
    NameReading,
    Protocol,
    get_protocol,
    protocol_names,
    read_name,
    sides_in,
)
from lusscore.errors import ClipError
from lusscore.scoring.exam_files import FoundClip

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

CODED = ("AnatomicRegionSequence", "PrimaryAnatomicStructureSequence", "ViewCodeSequence")
"""Sequences of codes that may give a zone; a code and its modifiers are read as one text."""

WRITTEN = (
    "ViewName",
    "BodyPartExamined",
    "ImageComments",
    "AcquisitionDeviceProcessingDescription",
    "SeriesDescription",
    "ProtocolName",
    "PerformedProcedureStepDescription",
)
"""Elements whose text may give a zone."""

LATERALITIES = ("ImageLaterality", "FrameLaterality", "Laterality")
"""Elements that give the side; the first that does is used."""

_BLUE_POINTS = 3
_PROBE = re.compile(r"\b[A-Za-z]\d{1,2}-\d{1,2}\w*")
_PARTED = re.compile(r"\b([LR])\W+(\d)\b", re.IGNORECASE)
_SHORT = 2
_SIDES = {"L": "left", "R": "right"}
_REGIONS = ("BodyPartExamined", *CODED)


@dataclass(frozen=True)
class ZoneGuess:
    """What names and header say of a clip's zone; `zone` and `source` as an ExamClip has them.

    It is `unclear` where the most trusted source that speaks of zones names several, and
    `contradicted` where a less trusted one names another zone. `number` is the highest number
    beside an L or R in any source, 0 without any; `by_number` tells of a zone like ``L2``.
    """

    zone: str = ""
    source: str = ""
    unclear: bool = False
    contradicted: bool = False
    number: int = 0
    by_number: bool = False


@dataclass(frozen=True)
class DicomTexts:
    """What a header says; none of it may be shown, since people write names anywhere.

    `texts` may give the zone; `side` is ``"left"``, ``"right"`` or empty; `patient` is to be
    compared with that of another file. Without rows or pixels, as in reports and presentation
    states, it is no image.
    """

    texts: tuple[str, ...] = field(repr=False)
    side: str
    patient: str = field(repr=False)
    is_image: bool = True


def guess_zone(clip: FoundClip, header: DicomTexts | None, protocol: Protocol) -> ZoneGuess:
    """Read the file name, then the folders from the inside out, then the DICOM header.

    Words that lie in several of the folders and the name, as in ``left/ant sup/clip1.mp4``, give a
    zone together where none of these does alone.
    """
    readings = [*_readings(clip, header, protocol)]
    number = max(reading.number for _, reading in readings)
    zones = {reading.zone for _, reading in readings if reading.zone is not None}
    for source, reading in readings:
        if reading.unclear:
            return ZoneGuess(unclear=True, number=number)
        if reading.zone is not None:
            by_number = reading.number > 0
            return ZoneGuess(reading.zone, source, False, len(zones) > 1, number, by_number)
    return ZoneGuess(number=number)


def _readings(
    clip: FoundClip, header: DicomTexts | None, protocol: Protocol
) -> Iterator[tuple[str, NameReading]]:
    yield "file name", read_name(clip.name, protocol)
    for folder in clip.folders:
        yield "folder", read_name(folder, protocol)
    if clip.folders:
        together = read_name("\n".join((*reversed(clip.folders), clip.name)), protocol)
        # of folders of two zones, one in the other, the inner one counts
        yield "folder", NameReading(together.zone)
    if header is not None:
        yield "DICOM", read_dicom(header, protocol)


def counts_beyond_blue(guesses: Sequence[ZoneGuess]) -> bool:
    """Tell whether sides are counted beyond three, so that 1 to 3 are no BLUE points either."""
    return any(guess.number > _BLUE_POINTS for guess in guesses)


def accept_numbers(guesses: Sequence[ZoneGuess]) -> list[ZoneGuess]:
    """Keep zones that are written as numbers only where the numbers can be BLUE points."""
    if not counts_beyond_blue(guesses):
        return list(guesses)
    return [
        replace(guess, zone="", source="", contradicted=False, by_number=False)
        if guess.by_number
        else guess
        for guess in guesses
    ]


def fitting_protocol(
    clips: Sequence[tuple[FoundClip, DicomTexts | None]], protocol: Protocol
) -> tuple[str, list[bool]]:
    """Find the other protocol that gives most of the clips a zone.

    Returned are its name, empty if none gives any clip a zone, and which of the clips have one.
    """
    best, most = "", [False] * len(clips)
    for name in protocol_names():
        other = get_protocol(name)
        if other != protocol:
            guesses = accept_numbers([guess_zone(clip, header, other) for clip, header in clips])
            fits = [bool(guess.zone) for guess in guesses]
            if sum(fits) > sum(most):
                best, most = name, fits
    return best, most


def read_texts(path: Path) -> DicomTexts | None:
    """Read what a DICOM file says; None for another file, or one that cannot be read."""
    if not path.is_file() or not is_dicom(path):
        return None
    try:
        with open_dicom(path) as (_, header):
            is_image = bool(header.pixel_keyword) or "Rows" in header.dataset
            return _texts(header.dataset, is_image)
    except ClipError:
        # the clip has an error when it is scored
        return None


def read_dicom(header: DicomTexts, protocol: Protocol) -> NameReading:
    """Read the zone from any of the texts, or from one of them together with the side.

    It is unclear where two of them name different zones, or a zone of the other side.
    """
    readings = [_read(written, header.side, protocol) for written in header.texts]
    number = max((reading.number for reading in readings), default=0)
    zones = {reading.zone for reading in readings if reading.zone is not None}
    if len(zones) > 1 or any(reading.unclear for reading in readings):
        return NameReading(unclear=True, number=number)
    return NameReading(zones.pop() if zones else None, number=number)


def _read(written: str, side: str, protocol: Protocol) -> NameReading:
    alone = read_name(written, protocol)
    if not side or alone.unclear:
        return alone
    together = read_name(f"{side}\n{written}", protocol)
    return NameReading(together.zone, together.unclear, alone.number)


def _texts(dataset: Dataset, is_image: bool) -> DicomTexts:
    texts: list[str] = []
    sides: set[str] = set()
    laterality = ""
    for holder in _holders(dataset):
        for keyword in LATERALITIES:
            laterality = laterality or _SIDES.get(text(holder, keyword).upper(), "")
        for keyword in (*CODED, *WRITTEN):
            for written in _written(holder, keyword):
                texts.append(written)
                if keyword in _REGIONS:
                    sides |= sides_in(written)
    side = laterality or (sides.pop() if len(sides) == 1 else "")
    return DicomTexts(tuple(dict.fromkeys(texts)), side, text(dataset, "PatientID"), is_image)


def _holders(dataset: Dataset) -> Iterator[Dataset]:
    """Yield the header, and the anatomy that one of many frames states for all of them."""
    yield dataset
    for group in dataset.get("SharedFunctionalGroupsSequence") or ():
        yield from group.get("FrameAnatomySequence") or ()


def _written(holder: Dataset, keyword: str) -> Iterator[str]:
    if keyword in WRITTEN:
        written = text(holder, keyword)
        if written:
            yield _without_settings(written)
        return
    for item in holder.get(keyword) or ():
        meanings = [str(e.value) for e in item.iterall() if e.keyword == "CodeMeaning" and e.value]
        if meanings:
            yield " ".join(meanings)


def _without_settings(written: str) -> str:
    """Remove what is no zone beside other words: a probe (``L3-12``), a setting (``R 2``)."""
    written = _PROBE.sub(" ", written)
    return written if len(written.split()) <= _SHORT else _PARTED.sub(r"\1\n\2", written)
