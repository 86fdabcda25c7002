"""What the clips of a cohort are on disk: digest and frame count, remembered between runs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from lusscore.clips import count_frames, digest_clip
from lusscore.cohort import Cohort
from lusscore.errors import ClipError

_SCHEMA = 1


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
    """

    clip: str
    digest: str
    frames: int
    error: str = ""


def index_media(
    cohort: Cohort, memory: Path, *, progress: Callable[[int, int], None] | None = None
) -> list[Media]:
    """Digest and count every clip of a cohort.

    A clip whose size and modification time are those of the last run is not read again. Clips
    that failed are tried again each time.

    Parameters
    ----------
    cohort
        Whose clips.
    memory
        JSON file that remembers; made where missing, ignored and rewritten where damaged.
    progress
        Called with (clips done, clips in all).

    Returns
    -------
    list of Media
        One per clip, in manifest order.
    """
    known = _recall(memory)
    clips = cohort.clips()
    stamps = {clip: _stamp(cohort.clip_path(clip)) for clip in clips}

    def look(clip: str) -> Media:
        remembered = known.get(clip)
        if remembered is not None and remembered[0] == stamps[clip] and stamps[clip]:
            return remembered[1]
        return _inspect(clip, cohort.clip_path(clip))

    found = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for media in pool.map(look, clips):
            found.append(media)
            if progress is not None:
                progress(len(found), len(clips))
    _remember(memory, ((stamps[media.clip], media) for media in found if not media.error))
    return found


def _inspect(clip: str, path: Path) -> Media:
    """Read a clip from end to end."""
    digest = ""
    try:
        digest = digest_clip(path)
        return Media(clip, digest, count_frames(path))
    except ClipError as error:
        return Media(clip, digest, 0, str(error))


def _stamp(path: Path) -> list[int]:
    """Return what tells that a clip was not touched; empty if it cannot be told."""
    try:
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        stats = [file.stat() for file in files]
    except OSError:
        return []
    return [
        len(stats),
        sum(s.st_size for s in stats),
        max((s.st_mtime_ns for s in stats), default=0),
    ]


def _recall(memory: Path) -> dict[str, tuple[list[int], Media]]:
    try:
        document = json.loads(memory.read_text(encoding="utf-8"))
        if document["schema"] != _SCHEMA:
            return {}
        return {row["clip"]: (row.pop("stamp"), Media(**row)) for row in document["clips"]}
    except (OSError, ValueError, TypeError, KeyError):
        # A memory and no record: everything in it can be read from the clips again.
        return {}


def _remember(memory: Path, rows: Iterable[tuple[list[int], Media]]) -> None:
    document = {
        "schema": _SCHEMA,
        "clips": [{"stamp": stamp, **asdict(media)} for stamp, media in rows],
    }
    memory.parent.mkdir(parents=True, exist_ok=True)
    beside = memory.with_name(f"{memory.name}.{os.getpid()}.tmp")
    beside.write_text(json.dumps(document, indent=0), encoding="utf-8")
    beside.replace(memory)
