"""What the clips of a cohort are on disk: digest and frame count, remembered between runs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from lusscore.clips import count_frames, digest_clip, stamp_clip
from lusscore.cohort import Cohort
from lusscore.errors import ClipError, FeatureFileError

_SCHEMA = 2


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
    """

    clip: str
    digest: str
    frames: int
    error: str = ""
    stamp: tuple[int, ...] = ()


def index_media(
    cohort: Cohort,
    memory: Path,
    *,
    reread: bool = False,
    progress: Callable[[int, int], None] | None = None,
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
        return _inspect(clip, path, stamp)

    found = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for media in pool.map(look, clips):
            found.append(media)
            if progress is not None:
                progress(len(found), len(clips))
    _remember(memory, (media for media in found if not media.error))
    return found


def _inspect(clip: str, path: Path, stamp: tuple[int, ...]) -> Media:
    """Read a clip from end to end."""
    digest = ""
    try:
        digest = digest_clip(path)
        return Media(clip, digest, count_frames(path), stamp=stamp)
    except ClipError as error:
        return Media(clip, digest, 0, str(error), stamp)


def _recall(memory: Path) -> dict[str, Media]:
    try:
        document = json.loads(memory.read_text(encoding="utf-8"))
        if document["schema"] != _SCHEMA:
            return {}
        rows = (Media(**row | {"stamp": tuple(row["stamp"])}) for row in document["clips"])
        return {media.clip: media for media in rows}
    except (OSError, ValueError, TypeError, KeyError):
        # A memory and no record: everything in it can be read from the clips again.
        return {}


def _remember(memory: Path, rows: Iterable[Media]) -> None:
    document = {"schema": _SCHEMA, "clips": [asdict(media) for media in rows]}
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
