"""What the header of a DICOM file says of the zone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lusscore.clips import DicomReader, broken_becomes_sentence, open_dicom, read_header, text
from lusscore.cohort import NameReading, Protocol, read_name, sides_in
from lusscore.errors import ClipError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

CODED = ("AnatomicRegionSequence", "PrimaryAnatomicStructureSequence", "ViewCodeSequence")
"""Sequences of codes that may tell a zone; a code and its modifiers are read as one text."""

WRITTEN = (
    "ViewName",
    "BodyPartExamined",
    "ImageComments",
    "AcquisitionDeviceProcessingDescription",
    "SeriesDescription",
    "ProtocolName",
    "PerformedProcedureStepDescription",
)
"""Elements whose text may tell a zone."""

LATERALITIES = ("ImageLaterality", "FrameLaterality", "Laterality")
"""Elements that tell the side, the first that does."""

_PROBE = re.compile(r"\b[A-Za-z]\d{1,2}-\d{1,2}\w*")
_PARTED = re.compile(r"\b([LR])\W+(\d)\b", re.IGNORECASE)
_SHORT = 2
_SIDES = {"L": "left", "R": "right"}
_REGIONS = ("BodyPartExamined", *CODED)


@dataclass(frozen=True)
class DicomTexts:
    """What a header says; none of it may be shown, since people write names anywhere.

    Attributes
    ----------
    texts
        Those that may tell the zone.
    side
        ``"left"``, ``"right"`` or empty.
    patient
        Who it is of, to be compared with that of another file; empty where it is not told.
    is_image
        Whether it has rows or pixels: exports also hold reports and presentation states.
    """

    texts: tuple[str, ...] = field(repr=False)
    side: str
    patient: str = field(repr=False)
    is_image: bool = True


def read_texts(path: Path) -> DicomTexts | None:
    """Read what a DICOM file says; None for another file, or one that cannot be read."""
    if not path.is_file() or not DicomReader().accepts(path):
        return None
    try:
        with broken_becomes_sentence(), open_dicom(path) as file:
            header = read_header(file, path.suffix)
            said = _texts(header.dataset)
            return replace(said, is_image=bool(header.pixel_keyword) or "Rows" in header.dataset)
    except ClipError:
        # it will be told when the clip is to be scored
        return None


def read_dicom(said: DicomTexts, protocol: Protocol) -> NameReading:
    """Tell the zone by any of the texts, or by one of them together with the side.

    It is unclear where two of them name different zones, or a zone of another side than told.
    """
    readings = [_read(written, said.side, protocol) for written in said.texts]
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


def _texts(dataset: Dataset) -> DicomTexts:
    texts: list[str] = []
    sides: set[str] = set()
    told = ""
    for holder in _holders(dataset):
        told = told or _side(holder)
        for keyword in (*CODED, *WRITTEN):
            for written in _written(holder, keyword):
                texts.append(written)
                if keyword in _REGIONS:
                    sides |= sides_in(written)
    side = told or (sides.pop() if len(sides) == 1 else "")
    return DicomTexts(tuple(dict.fromkeys(texts)), side, text(dataset, "PatientID"))


def _holders(dataset: Dataset) -> Iterator[Dataset]:
    """Yield the header, and the anatomy that one of many frames states for all of them."""
    yield dataset
    for group in dataset.get("SharedFunctionalGroupsSequence") or ():
        yield from group.get("FrameAnatomySequence") or ()


def _side(holder: Dataset) -> str:
    told = (_SIDES.get(text(holder, keyword).upper(), "") for keyword in LATERALITIES)
    return next(filter(None, told), "")


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
    """Take out what is no zone beside other words: a probe (``L3-12``), a setting (``R 2``)."""
    written = _PROBE.sub(" ", written)
    return written if len(written.split()) <= _SHORT else _PARTED.sub(r"\1\n\2", written)
