"""From what a person points at to an exam's clips with their zones, and notes about these.

Notes end up in reports, so they name clips by their number and never by their names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from lusscore.clips import clip_kinds, natural_order
from lusscore.cohort import Protocol
from lusscore.errors import ExamError
from lusscore.scoring.exam import ExamClip
from lusscore.scoring.exam_files import FoundClip, find_clips
from lusscore.scoring.zone_table import read_zone_table
from lusscore.scoring.zones import (
    DicomTexts,
    ZoneGuess,
    accept_numbers,
    counts_beyond_blue,
    fitting_protocol,
    guess_zone,
    read_texts,
)
from lusscore.wording import are, listed

_PATIENT = re.compile(
    r"(?<![^\W_])(?:patient|pat|pt|subject|subj|case|p)[ _-]?0*(\d+)(?![^\W_])",
    re.IGNORECASE,
)
_HOW = "a table (--zones FILE, with the columns clip and zone) or on the page of 'lusscore serve'"
_MOST_NUMBERS = 12
_ALIKE = 3


@dataclass(frozen=True)
class ExamInput:
    """The clips to score, in the natural order of their paths.

    `ignored` are names of files that are no clips; `notes` say what the user should know, as
    sentences, in which clips go by their number, from 1.
    """

    clips: tuple[ExamClip, ...]
    ignored: tuple[str, ...]
    notes: tuple[str, ...]


def find_exam(paths: Sequence[Path], protocol: Protocol, *, table: Path | None = None) -> ExamInput:
    """Find the clips of an exam and their zones.

    The zone is the one in `table`, else in the file's name, else in the names of its folders from
    the inside out, else in its DICOM header. A name with two zones gives none.

    Parameters
    ----------
    paths
        Folders, searched to the bottom; videos, DICOM files, images; folders of numbered images,
        each one clip. Names of the folders given, and of those above them, are not read.
    protocol
        Of the model.
    table
        A CSV file with the columns ``clip`` and ``zone``.

    Raises
    ------
    ExamError
        If a path does not exist, no clip is found, or the table is not as it must be.
    """
    clips, ignored = _look_through(paths, table)
    found, headers = [clip for clip, _ in clips], [header for _, header in clips]
    guesses = accept_numbers([guess_zone(*clip, protocol) for clip in clips])
    notes: tuple[str, ...] = ()
    if table is not None:
        zones, notes = read_zone_table(table, [clip.path for clip in found], protocol)
        guesses = [
            ZoneGuess(zone, "table", contradicted=guess.zone not in ("", zone))
            if (zone := zones.get(clip.path))
            else guess
            for clip, guess in zip(found, guesses, strict=True)
        ]
    has_table = table is None and any(name.lower().endswith((".csv", ".tsv")) for name in ignored)
    return ExamInput(
        tuple(
            ExamClip(clip.path, guess.zone, guess.source)
            for clip, guess in zip(found, guesses, strict=True)
        ),
        tuple(ignored),
        (
            *notes,
            *_on_zones(clips, guesses, protocol, has_table),
            *notes_on_patients(found, headers, guesses),
        ),
    )


def _look_through(
    paths: Sequence[Path], table: Path | None
) -> tuple[list[tuple[FoundClip, DicomTexts | None]], list[str]]:
    """Find the clips and read DICOM headers; DICOM without an image is no clip."""
    every, ignored = find_clips(paths)
    read = [(clip, read_texts(clip.path)) for clip in every]
    clips = [(clip, header) for clip, header in read if header is None or header.is_image]
    ignored += [clip.path.name for clip, header in read if header and not header.is_image]
    if table is not None:
        ignored = [name for name in ignored if name != table.name]
    if not clips:
        raise ExamError(_nothing_found(paths, len(ignored)))
    return clips, sorted(ignored, key=lambda name: natural_order(Path(name)))


def _nothing_found(paths: Sequence[Path], others: int) -> str:
    places = ", ".join(map(str, paths)) or "nothing"
    files = "file of another kind" if others == 1 else "files of other kinds"
    beside = f"; {others} {files} {are(others)} there" if others else ""
    return (
        f"No clip of an exam is in {places}{beside}; looked for {clip_kinds()}. Point at the "
        "files, or at a folder that holds them; unpack archives first."
    )


def _on_zones(
    clips: Sequence[tuple[FoundClip, DicomTexts | None]],
    guesses: Sequence[ZoneGuess],
    protocol: Protocol,
    has_table: bool,
) -> Iterator[str]:
    """Say which clips have no zone and why, and where the sources of zones disagree."""
    if counts_beyond_blue(guesses):
        yield (
            "Names count the regions of a side beyond 3, so their numbers are not read as BLUE "
            "points and give no zone."
        )
    silent = [not guess.zone and not guess.unclear for guess in guesses]
    fitting, found = fitting_protocol(
        [clip for clip, is_silent in zip(clips, silent, strict=True) if is_silent], protocol
    )
    of_silent = iter(found)
    fits = [is_silent and next(of_silent) for is_silent in silent]
    if any(fits):
        which = "" if all(fits) else f" of {_clips(fits)}"
        yield (
            f"Another protocol: the names{which} fit {fitting}; the model is for {protocol.name}, "
            "so they give no zone."
        )
    unclear = [guess.unclear for guess in guesses]
    if any(unclear):
        yield f"More than one zone is named for {_clips(unclear)}, so none was assigned."
    corrected = [guess.contradicted and guess.source == "table" for guess in guesses]
    if any(corrected):
        yield (
            f"The table gives {_clips(corrected)} another zone than name, folders or header; the "
            "table was used, please check."
        )
    contradicted = [guess.contradicted and guess.source != "table" for guess in guesses]
    if any(contradicted):
        yield (
            f"Name, folders and header of {_clips(contradicted)} give different zones; names come "
            "before folders, and folders before the header. Please check."
        )
    unknown = [not guess.zone for guess in guesses]
    if any(unknown):
        beside = " A table lies beside the clips and was not read." if has_table else ""
        which = "any clip" if all(unknown) else _clips(unknown)
        yield f"No zone is known for {which}; assign it by {_HOW}.{beside}"
    zones = {guess.zone for guess in guesses}
    by_name = all(guess.source not in ("", "table") for guess in guesses)
    if len(guesses) >= _ALIKE and len(zones) == 1 and by_name:
        yield (
            f"All clips have the zone {zones.pop()} by names or headers; if that is wrong, assign "
            f"zones by {_HOW}."
        )


def _clips(chosen: Sequence[bool]) -> str:
    """Name clips by their numbers, or how many they are."""
    numbers = [str(number) for number, is_chosen in enumerate(chosen, 1) if is_chosen]
    if len(numbers) > _MOST_NUMBERS:
        return f"{len(numbers)} of {len(chosen)} clips"
    return f"clip{'' if len(numbers) == 1 else 's'} {listed(numbers)}"


def notes_on_patients(
    found: Sequence[FoundClip],
    headers: Sequence[DicomTexts | None],
    guesses: Sequence[ZoneGuess],
) -> tuple[str, ...]:
    """Say if the clips seem to be of more than one patient or visit."""
    if _count_patients(found, headers) > 1 or _repeated_folders(found, guesses):
        return (
            "The clips seem to be of more than one patient or visit, by their names, folders or "
            "headers; an exam is one visit of one patient, so score each by itself.",
        )
    return ()


def _count_patients(found: Sequence[FoundClip], headers: Sequence[DicomTexts | None]) -> int:
    """Count the patients by headers, or by names and folders, whichever gives more."""
    in_headers = {header.patient for header in headers if header is not None} - {""}
    in_names = set()
    for clip in found:
        match = next(filter(None, map(_PATIENT.search, (clip.name, *clip.folders))), None)
        if match is not None:
            in_names.add(match[1])
    return max(len(in_headers), len(in_names))


def _repeated_folders(found: Sequence[FoundClip], guesses: Sequence[ZoneGuess]) -> bool:
    """Tell whether top folders hold clips of the same zones, as those of several patients do."""
    zones: dict[tuple[Path, str], set[str]] = {}
    for clip, guess in zip(found, guesses, strict=True):
        if guess.zone:
            zones.setdefault(clip.top, set()).add(guess.zone)
    return any(len(one & other) > 1 for one, other in combinations(zones.values(), 2))
