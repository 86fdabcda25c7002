"""From what a person points at to an exam's clips with their zones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lusscore.clips import natural_order, registered_readers
from lusscore.cohort import Protocol
from lusscore.errors import ExamError
from lusscore.scoring.exam_doubts import ReadClip, notes_on_patients, notes_on_zones
from lusscore.scoring.exam_files import FoundClip, find_clips
from lusscore.scoring.scored import ExamClip
from lusscore.scoring.zones_from.clip import ZoneGuess, guess_zone
from lusscore.scoring.zones_from.dicom import DicomTexts, read_texts
from lusscore.scoring.zones_from.scheme import accept_numbers
from lusscore.scoring.zones_from.table import read_zone_table


@dataclass(frozen=True)
class ExamInput:
    """What is to be scored.

    Attributes
    ----------
    clips
        In the natural order of their paths.
    ignored
        Names of the files that are no clips.
    notes
        What the user should know, as sentences; clips are told by their number, from 1.
    """

    clips: tuple[ExamClip, ...]
    ignored: tuple[str, ...]
    notes: tuple[str, ...]


def find_exam(paths: Sequence[Path], protocol: Protocol, *, table: Path | None = None) -> ExamInput:
    """Find the clips of an exam and what tells their zones.

    The zone is what `table` says of the clip, else its file's name, else the names of its folders
    from the inside out, else its DICOM header. What names two zones tells none.

    Parameters
    ----------
    paths
        Folders, searched to the bottom; videos, DICOM files, images; folders of numbered images,
        each one clip. Folders that are given, and those above them, tell no zone.
    protocol
        Of the scorer: its zones are looked for.
    table
        A CSV file with the columns ``clip`` and ``zone``.

    Raises
    ------
    ExamError
        If a path leads nowhere, no clip is found, or the table is not as it must be.
    """
    found, ignored = _look_through(paths, table)
    told = accept_numbers([guess_zone(clip, header, protocol) for clip, header in found])
    notes: tuple[str, ...] = ()
    if table is not None:
        zones, notes = read_zone_table(table, [clip.path for clip, _ in found], protocol)
        told = [
            _by_table(zones[clip.path], said) if clip.path in zones else said
            for (clip, _), said in zip(found, told, strict=True)
        ]
    read = [ReadClip(*clip, said) for clip, said in zip(found, told, strict=True)]
    has_table = table is None and any(name.lower().endswith((".csv", ".tsv")) for name in ignored)
    return ExamInput(
        tuple(ExamClip(clip.found.path, clip.told.zone, clip.told.source) for clip in read),
        tuple(ignored),
        (
            *notes,
            *notes_on_zones(read, protocol, has_table),
            *notes_on_patients(*zip(*((r.found, r.header, r.told) for r in read), strict=True)),
        ),
    )


def _by_table(zone: str, said: ZoneGuess) -> ZoneGuess:
    return ZoneGuess(zone, "table", contradicted=said.zone not in ("", zone))


def _look_through(
    paths: Sequence[Path], table: Path | None
) -> tuple[list[tuple[FoundClip, DicomTexts | None]], list[str]]:
    """Find the clips and what DICOM headers say; DICOM without an image is no clip."""
    every, ignored = find_clips(paths)
    found = [(clip, read_texts(clip.path)) for clip in every]
    ignored += [clip.path.name for clip, said in found if said is not None and not said.is_image]
    if table is not None:
        ignored = [name for name in ignored if name != table.name]
    found = [(clip, said) for clip, said in found if said is None or said.is_image]
    if not found:
        raise ExamError(_nothing(paths, len(ignored)))
    return found, sorted(ignored, key=lambda name: natural_order(Path(name)))


def _nothing(paths: Sequence[Path], others: int) -> str:
    looked_in = ", ".join(map(str, paths)) or "nothing"
    kinds = ", ".join(sorted((reader.kind for reader in registered_readers()), key=str.lower))
    held = "; 1 file of another kind is there" if others == 1 else ""
    if others > 1:
        held = f"; {others} files of other kinds are there"
    return (
        f"No clip of an exam is in {looked_in}{held}; looked for {kinds}. Point at the files, or "
        "at a folder that holds them; unpack archives first."
    )
