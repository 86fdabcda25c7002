"""What the clips of a cohort are on disk: read once, remembered between runs."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lusscore.clips import digest_clip, stamp_clip
from lusscore.cohort import Cohort
from lusscore.errors import ClipError, FeatureFileError
from lusscore.features.clock import Clock
from lusscore.features.fingerprint import EXTRACTION_VERSION
from lusscore.features.survey import survey_clip
from lusscore.sector import SECTOR_VERSION, Box, Sector

# What clips are read and sectors found by is part of it: a memory of other code is not taken.
_SCHEMA = f"4.{EXTRACTION_VERSION}.{SECTOR_VERSION}"


@dataclass(frozen=True)
class Media:
    """One clip on disk.

    Attributes
    ----------
    clip
        Path as the manifest writes it.
    digest
        SHA-256 of the media bytes; empty if they could not be read.
    frames
        Frames that can be decoded; 0 if the clip cannot be read to its end.
    error
        Why not, else empty.
    stamp
        What :func:`lusscore.clips.stamp_clip` told before it was read.
    clock
        When its frames were recorded.
    repeats
        Numbers of frames that show a picture again.
    sector
        Where tissue is shown; None if the clip cannot be read.
    """

    clip: str
    digest: str
    frames: int
    error: str = ""
    stamp: tuple[int, ...] = ()
    clock: Clock = field(default_factory=Clock)
    repeats: tuple[int, ...] = ()
    sector: Sector | None = None


def index_media(
    cohort: Cohort,
    memory: Path,
    *,
    reread: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> list[Media]:
    """Digest every clip of a cohort and read it to its end, once.

    A clip whose size and modification time are those of the last run is not read again. Clips
    that failed are tried again each time.

    Parameters
    ----------
    cohort
        Whose clips.
    memory
        JSON file that remembers; made where missing, ignored and rewritten where damaged.
    reread
        Read every clip, whatever is remembered.
    progress
        Called with (clips done, clips in all).

    Returns
    -------
    list of Media
        One per clip, in manifest order.
    """
    known = {} if reread else _recall(memory)
    clips = cohort.clips()

    def look(clip: str) -> Media:
        path = cohort.clip_path(clip)
        stamp = stamp_clip(path)
        remembered = known.get(clip)
        if stamp and remembered is not None and remembered.stamp == stamp:
            return remembered
        return inspect_clip(clip, path, stamp)

    found = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for media in pool.map(look, clips):
            found.append(media)
            if progress is not None:
                progress(len(found), len(clips))
    _remember(memory, (media for media in found if not media.error))
    return found


def inspect_clip(clip: str, path: Path, stamp: tuple[int, ...]) -> Media:
    """Read a clip from end to end."""
    digest = ""
    try:
        digest = digest_clip(path)
        survey = survey_clip(path)
        return Media(
            clip,
            digest,
            survey.frames,
            stamp=stamp,
            clock=survey.clock,
            repeats=survey.repeats,
            sector=survey.sector,
        )
    except ClipError as error:
        return Media(clip, digest, 0, str(error), stamp)


def _recall(memory: Path) -> dict[str, Media]:
    try:
        document = json.loads(memory.read_text(encoding="utf-8"))
        if document["schema"] != _SCHEMA:
            return {}
        return {media.clip: media for media in map(_from_json, document["clips"])}
    except (OSError, ValueError, TypeError, KeyError):
        # A memory and no record: everything in it can be read from the clips again.
        return {}


def _from_json(row: dict[str, Any]) -> Media:
    sector, clock = row["sector"], row["clock"]
    return Media(
        row["clip"],
        row["digest"],
        row["frames"],
        row["error"],
        tuple(row["stamp"]),
        Clock(
            float("nan") if clock["period"] is None else clock["period"], tuple(clock["seconds"])
        ),
        tuple(row["repeats"]),
        Sector(
            sector["height"],
            sector["width"],
            sector["source"],
            tuple((x, y) for x, y in sector["outline"]),
            tuple(Box(**box) for box in sector["text"]),
        ),
    )


def _as_json(media: Media) -> dict[str, Any]:
    period = media.clock.period
    clock = {"period": None if math.isnan(period) else period, "seconds": media.clock.seconds}
    return asdict(media) | {"clock": clock}


def _remember(memory: Path, rows: Iterable[Media]) -> None:
    document = {"schema": _SCHEMA, "clips": [_as_json(media) for media in rows]}
    beside = memory.with_name(f"{memory.name}.{os.getpid()}.tmp")
    try:
        memory.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps(document, indent=0), encoding="utf-8")
        beside.replace(memory)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise FeatureFileError(
            f"{memory} cannot be written ({error.strerror}); free space on the disk, check its "
            "permissions or choose another --features-dir."
        ) from None
