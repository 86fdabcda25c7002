"""What a user should know of an exam's clips before they are scored.

Notes end up in reports, so they name clips by their number and never by their names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from lusscore.cohort import Protocol
from lusscore.scoring.exam_files import FoundClip
from lusscore.scoring.zones_from.clip import ZoneGuess
from lusscore.scoring.zones_from.dicom import DicomTexts
from lusscore.scoring.zones_from.scheme import counts_beyond_blue, fitting_protocol

_PATIENT = re.compile(
    r"(?<![^\W_])(?:patient|pat|pt|subject|subj|case|p)[ _-]?0*(\d+)(?![^\W_])",
    re.IGNORECASE,
)
_HOW = "a table (--zones FILE, with the columns clip and zone) or the page of 'lusscore serve'"
_MOST_NUMBERS = 12
_ALIKE = 3


@dataclass(frozen=True)
class ReadClip:
    """A clip with all that is known of it before it is opened."""

    found: FoundClip
    header: DicomTexts | None
    told: ZoneGuess


def notes_on_zones(
    clips: Sequence[ReadClip], protocol: Protocol, has_table: bool = False
) -> tuple[str, ...]:
    """Tell which clips have no zone and why, and where what tells zones disagrees.

    Parameters
    ----------
    clips
        In the order of their numbers.
    protocol
        Whose zones were looked for.
    has_table
        Whether a table lies among the clips and was not asked for.
    """
    return tuple(_on_zones(clips, protocol, has_table))


def notes_on_patients(
    found: Sequence[FoundClip],
    headers: Sequence[DicomTexts | None],
    guesses: Sequence[ZoneGuess],
) -> tuple[str, ...]:
    """Tell if the clips seem to be of more than one patient or visit."""
    clips = [ReadClip(*each) for each in zip(found, headers, guesses, strict=True)]
    if _patients(clips) > 1 or _repeated_folders(clips):
        return (
            "The clips seem to be of more than one patient or visit, by their names, folders or "
            "headers; an exam is one visit of one patient, so score each by itself.",
        )
    return ()


def _on_zones(clips: Sequence[ReadClip], protocol: Protocol, has_table: bool) -> Iterator[str]:
    told = [clip.told for clip in clips]
    if counts_beyond_blue(told):
        yield (
            "Names count the regions of a side beyond 3, so their numbers are not taken for BLUE "
            "points and tell no zone."
        )
    silent = [place for place, said in enumerate(told) if not said.zone and not said.unclear]
    fitting, fit = fitting_protocol(
        [(clips[place].found, clips[place].header) for place in silent], protocol
    )
    fits = [False] * len(clips)
    for place, does_fit in zip(silent, fit, strict=True):
        fits[place] = does_fit
    if any(fits):
        which = "" if all(fits) else f" of {_listed(fits)}"
        yield (
            f"Of another protocol: the names{which} fit {fitting}; the bundle is for "
            f"{protocol.name}, so they tell no zone."
        )
    unclear = [said.unclear for said in told]
    if any(unclear):
        yield f"What should tell the zone of {_listed(unclear)} names more than one and tells none."
    corrected = [said.contradicted and said.source == "table" for said in told]
    if any(corrected):
        yield (
            f"The table gives {_listed(corrected)} another zone than names, folders or header do; "
            "the table is believed, please check."
        )
    contradicted = [said.contradicted and said.source != "table" for said in told]
    if any(contradicted):
        yield (
            f"Name, folders and header of {_listed(contradicted)} tell different zones: a name is "
            "believed before a folder, and a folder before a header; please check."
        )
    unknown = [not said.zone for said in told]
    if any(unknown):
        beside = " A table lies beside the clips and was not read." if has_table else ""
        which = "any clip" if all(unknown) else _listed(unknown)
        yield f"No zone is known for {which}; tell it by {_HOW}.{beside}"
    zones = {said.zone for said in told}
    if (
        len(told) >= _ALIKE
        and len(zones) == 1
        and all(said.source not in ("", "table") for said in told)
    ):
        yield (
            f"All clips have the zone {zones.pop()} by names or headers; if that is not so, give "
            f"their zones by {_HOW}."
        )


def _listed(chosen: Sequence[bool]) -> str:
    """Name clips by their numbers, or how many they are."""
    numbers = [number for number, is_chosen in enumerate(chosen, 1) if is_chosen]
    if len(numbers) == 1:
        return f"clip {numbers[0]}"
    if len(numbers) > _MOST_NUMBERS:
        return f"{len(numbers)} of {len(chosen)} clips"
    return f"clips {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"


def _patients(clips: Sequence[ReadClip]) -> int:
    """Count the patients that are told apart in one way or another."""
    headers = {clip.header.patient for clip in clips if clip.header is not None}
    names = set()
    for clip in clips:
        texts = (clip.found.name, *clip.found.folders)
        match = next(filter(None, map(_PATIENT.search, texts)), None)
        if match is not None:
            names.add(match[1])
    return max(len(headers - {""}), len(names))


def _repeated_folders(clips: Sequence[ReadClip]) -> bool:
    """Tell whether top folders hold clips of the same zones, as those of several patients do."""
    zones: dict[tuple[Path, str], set[str]] = {}
    for clip in clips:
        if clip.told.zone:
            zones.setdefault(clip.found.top, set()).add(clip.told.zone)
    return any(len(one & other) > 1 for one, other in combinations(zones.values(), 2))
