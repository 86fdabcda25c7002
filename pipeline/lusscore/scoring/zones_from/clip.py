"""The zone that a clip's name, folders and header tell, the most trusted of them first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lusscore.cohort import NameReading, Protocol, read_name
from lusscore.scoring.exam_files import FoundClip
from lusscore.scoring.zones_from.dicom import DicomTexts, read_dicom


@dataclass(frozen=True)
class ZoneGuess:
    """What is told of a clip's zone.

    Attributes
    ----------
    zone, source
        As in :class:`~lusscore.scoring.scored.ExamClip`.
    unclear
        Whether what should tell the zone names several, so that nothing less trusted is asked.
    contradicted
        Whether something less trusted names another zone.
    number
        The highest number beside an L or R in whatever was read; 0 where there is none.
    by_number
        Whether `zone` is one that is written as a number, as in ``L2``.
    """

    zone: str = ""
    source: str = ""
    unclear: bool = False
    contradicted: bool = False
    number: int = 0
    by_number: bool = False


def guess_zone(clip: FoundClip, header: DicomTexts | None, protocol: Protocol) -> ZoneGuess:
    """Ask the name, then the folders from the inside out, then the DICOM header.

    Words that lie in several of the folders and the name, as in ``left/ant sup/clip1.mp4``, tell a
    zone together where none of these does alone.
    """
    asked = [*_asked(clip, header, protocol)]
    number = max(reading.number for _, reading in asked)
    zones = {reading.zone for _, reading in asked if reading.zone is not None}
    for source, reading in asked:
        if reading.unclear:
            return ZoneGuess(unclear=True, number=number)
        if reading.zone is not None:
            by_number = reading.number > 0
            return ZoneGuess(reading.zone, source, False, len(zones) > 1, number, by_number)
    return ZoneGuess(number=number)


def _asked(
    clip: FoundClip, header: DicomTexts | None, protocol: Protocol
) -> Iterator[tuple[str, NameReading]]:
    yield "file name", read_name(clip.name, protocol)
    for folder in clip.folders:
        yield "folder", read_name(folder, protocol)
    if clip.folders:
        together = read_name("\n".join((*reversed(clip.folders), clip.name)), protocol)
        # folders of two zones, one in the other, are told by the inner one
        yield "folder", NameReading(together.zone)
    if header is not None:
        yield "DICOM", read_dicom(header, protocol)
