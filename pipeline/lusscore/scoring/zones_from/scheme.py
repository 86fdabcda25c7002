"""Whether names count zones in the way of the BLUE points, and which protocol they fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lusscore.cohort import Protocol, get_protocol, protocol_names
from lusscore.scoring.exam_files import FoundClip
from lusscore.scoring.zones_from.clip import ZoneGuess, guess_zone
from lusscore.scoring.zones_from.dicom import DicomTexts

_BLUE_POINTS = 3


def counts_beyond_blue(told: Sequence[ZoneGuess]) -> bool:
    """Tell whether sides are counted beyond three, so that 1 to 3 are other regions too."""
    return any(said.number > _BLUE_POINTS for said in told)


def accept_numbers(told: Sequence[ZoneGuess]) -> list[ZoneGuess]:
    """Take zones that names give as numbers only where the numbers can be those of BLUE points."""
    if not counts_beyond_blue(told):
        return list(told)
    return [
        replace(said, zone="", source="", contradicted=False, by_number=False)
        if said.by_number
        else said
        for said in told
    ]


def fitting_protocol(
    clips: Sequence[tuple[FoundClip, DicomTexts | None]], protocol: Protocol
) -> tuple[str, list[bool]]:
    """Find the other protocol of which most of the clips tell a zone.

    Returns
    -------
    name, fits
        Its name, empty if no clip tells a zone of another; and which of the clips do.
    """
    best, most = "", [False] * len(clips)
    for name in protocol_names():
        other = get_protocol(name)
        if other == protocol:
            continue
        told = accept_numbers([guess_zone(clip, said, other) for clip, said in clips])
        fits = [bool(said.zone) for said in told]
        if sum(fits) > sum(most):
            best, most = name, fits
    return best, most
