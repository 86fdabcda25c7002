"""What one reading of a clip from end to end tells."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lusscore.clips import RepeatFinder, clip_regions, open_clip
from lusscore.features.clock import Clock
from lusscore.sector import Sector, SectorFinder


@dataclass(frozen=True)
class Survey:
    """What one reading of a clip tells.

    Attributes
    ----------
    frames
        Frames that can be decoded, at least 1.
    clock
        When they were recorded.
    repeats
        Numbers of frames that show a picture again.
    sector
        Where tissue is shown.
    """

    frames: int
    clock: Clock
    repeats: tuple[int, ...]
    sector: Sector


def survey_clip(path: Path) -> Survey:
    """Read a clip from end to end, once.

    Raises
    ------
    ClipError
        If it cannot be read to its end.
    """
    sector = SectorFinder(clip_regions(path))
    repeated = RepeatFinder()
    times: list[float] = []
    repeats: list[int] = []
    for frame in open_clip(path):
        sector.add(frame.rgb)
        if repeated.add(frame.rgb):
            repeats.append(frame.index)
        times.append(frame.time)
    return Survey(len(times), Clock.of(times), tuple(repeats), sector.find())
