"""Whether clips are there, can be read, and have the frames that are labelled."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath

from lusscore.checks.findings import Finding, about_clips, register_check, they_have
from lusscore.checks.inspection import Inspection
from lusscore.wording import plural


@register_check("unreadable-clip", needs="headers")
def check_unreadable(inspection: Inspection) -> Iterator[Finding]:
    """Find clips that are there but cannot be read; one finding for each reason."""
    reasons: dict[str, list[str]] = {}
    for look in inspection.clips:
        if look.error and look.clip not in inspection.missing:
            reasons.setdefault(look.error, []).append(look.clip)
    for reason, clips in reasons.items():
        yield from about_clips(
            "error",
            "unreadable-clip",
            clips,
            reason,
            "Put a readable file in its place, or remove its rows from the manifest.",
        )


@register_check("header-not-used", needs="headers")
def check_headers(inspection: Inspection) -> Iterator[Finding]:
    """Find clips of whose header something is not used; one finding for each reason."""
    reasons: dict[str, list[str]] = {}
    for look in inspection.clips:
        for note in look.facts.notes if look.facts else ():
            reasons.setdefault(note, []).append(look.clip)
    for reason, clips in reasons.items():
        yield from about_clips(
            "warning",
            "header-not-used",
            clips,
            f"Of {plural(len(clips), 'clip')} the header is not used in full: {reason}.",
            "Export the clip again where its times or regions matter.",
        )


@register_check("path-leaves-cohort", needs="manifest")
def check_paths(inspection: Inspection) -> Iterator[Finding]:
    """Find relative paths that lead out of the cohort's folder by a link.

    An absolute path says openly that a clip lies elsewhere, and is allowed; ``..`` is refused
    when the manifest is read.
    """
    folder = inspection.cohort.folder.resolve()

    def leaves(clip: str) -> bool:
        if Path(clip).is_absolute() or PureWindowsPath(clip).is_absolute():
            return False
        # Unlike Path.resolve, realpath takes a loop of links; such a clip is reported as missing
        return not Path(os.path.realpath(folder / clip)).is_relative_to(folder)

    leaving = [look.clip for look in inspection.clips if leaves(look.clip)]
    yield from about_clips(
        "error",
        "path-leaves-cohort",
        leaving,
        f"{they_have(leaving, 'clip')} a relative path that leads out of the cohort's folder by a "
        "link.",
        "Write the absolute path of a clip that lies elsewhere, or move it into the folder.",
    )


@register_check("segment-outside-clip", "segment-beyond-clip", needs="frames")
def check_segments(inspection: Inspection) -> Iterator[Finding]:
    """Find segments that begin, or only end, after the last frame of their clip."""
    outside, beyond = [], []
    for look in inspection.clips:
        if look.survey is None:
            continue
        for segment in look.segments:
            if segment.frame_start >= look.survey.frames:
                outside.append(look.clip)
            elif (segment.frame_end or 0) > look.survey.frames:
                beyond.append(look.clip)
    yield from about_clips(
        "error",
        "segment-outside-clip",
        outside,
        f"{they_have(outside, 'row')} a first frame after the last of the clip, and so no frames.",
        "Correct frame_start; frame numbers count from 0.",
    )
    yield from about_clips(
        "warning",
        "segment-beyond-clip",
        beyond,
        f"{they_have(beyond, 'row')} an end after the last frame of the clip.",
        "Check that the labels were made on these very files: frames may have been counted at "
        "another rate.",
    )
