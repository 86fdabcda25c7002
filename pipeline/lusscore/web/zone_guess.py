"""The zones of uploaded clips, by the names that the browser knows and by DICOM headers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from lusscore.clips import has_known_suffix
from lusscore.cohort import Protocol
from lusscore.scoring import (
    FoundClip,
    ZoneGuess,
    accept_numbers,
    counts_beyond_blue,
    fitting_protocol,
    guess_zone,
    notes_on_patients,
)
from lusscore.web.exams import UploadedClip


def guess_zones(clips: Sequence[UploadedClip], protocol: Protocol) -> tuple[str, ...]:
    """Give clips the zones of their names, folders and headers; a person's choices stay.

    Clips are judged together, as :func:`lusscore.scoring.find_exam` does: where sides are counted
    beyond three no number is a BLUE point. The one folder that was dropped gives no zone; of
    several, each may. Returned are sentences about the clips as a whole.
    """
    several = len({parts[0] for parts in map(_parts, clips) if len(parts) > 1}) > 1
    found = [
        _found(clip, several, again) for clip, again in zip(clips, _repeats(clips), strict=True)
    ]
    headers = [clip.header for clip in clips]
    first = [guess_zone(one, header, protocol) for one, header in zip(found, headers, strict=True)]
    told = accept_numbers(first)
    for clip, said in zip(clips, told, strict=True):
        if not clip.by_person:
            clip.zone, clip.zone_source = said.zone, said.source
            clip.zone_warning = _warning(said)
    notes = []
    if counts_beyond_blue(first):
        notes.append(
            "Names count the regions of a side beyond 3, so their numbers are not taken for BLUE "
            "points and give no zone."
        )
    silent = [
        (one, header)
        for one, header, said in zip(found, headers, told, strict=True)
        if not said.zone and not said.unclear
    ]
    fitting = fitting_protocol(silent, protocol)[0] if silent else ""
    if fitting:
        notes.append(f"Some names fit {fitting}; the model is for {protocol.name}.")
    known = [
        ZoneGuess(clip.zone, "person") if clip.by_person else said
        for clip, said in zip(clips, told, strict=True)
    ]
    return (*notes, *notes_on_patients(found, headers, known))


def _warning(said: ZoneGuess) -> str:
    if said.unclear:
        return "What should give the zone names more than one."
    if said.contradicted:
        return "Name, folders and header give different zones; please check."
    return ""


def _repeats(clips: Sequence[UploadedClip]) -> list[int]:
    """Count for each clip how many others of its name came before it.

    Browsers do not say where a file lies: only a second one of its name, with other content, shows
    that it was in another place.
    """
    sizes: dict[str, list[int]] = {}
    for clip in clips:
        known = sizes.setdefault(clip.name, [])
        if clip.size not in known:
            known.append(clip.size)
    return [sizes[clip.name].index(clip.size) for clip in clips]


def _found(clip: UploadedClip, several: bool, again: int) -> FoundClip:
    *folders, name = _parts(clip)
    bare = PurePosixPath(name).stem if has_known_suffix(Path(name)) else name
    inside = folders if several else folders[1:]
    given = Path(folders[0] if folders else "") / str(again)
    top = (given, folders[1] if len(folders) > 1 else "")
    return FoundClip(clip.path, bare, tuple(reversed(inside)), top)


def _parts(clip: UploadedClip) -> list[str]:
    """Divide a name at its slashes: words, never places."""
    return [part for part in clip.name.split("/") if part] or [clip.name]
