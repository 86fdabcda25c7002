"""Decoding and augmenting ahead of the backbones, in threads of their own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from lusscore.clips import Frame, open_clip, stamp_clip
from lusscore.cohort import ExtractionSettings
from lusscore.errors import ClipError
from lusscore.features.images import make_variants
from lusscore.features.media import PlannedClip
from lusscore.sector import Sector, change_contrast, find_sector, sector_crop, show_sector

_AHEAD = 4


@dataclass(frozen=True)
class Chunk:
    """Some consecutive frames of one clip, ready for the backbones.

    Attributes
    ----------
    images
        For each input size wanted: uint8, shape (frames, variants, height, width, 3).
    times
        Seconds, shape (frames,).
    shown
        The frames as they are before they are scaled to an input size, each uint8, shape (rows,
        columns, 3); empty unless asked for.
    """

    images: dict[tuple[int, int], NDArray[np.uint8]]
    times: NDArray[np.float64]
    shown: tuple[NDArray[np.uint8], ...] = ()


@dataclass(frozen=True)
class ClipEnd:
    """The end of a clip: all its chunks came before, or `error` says why they did not."""

    error: str = ""


@dataclass(frozen=True)
class _Crash:
    error: BaseException


_Line: TypeAlias = "queue.Queue[Chunk | ClipEnd | _Crash]"


def stream_clips(
    clips: Iterable[tuple[PlannedClip, Path, Sequence[tuple[int, int]]]],
    settings: ExtractionSettings,
    frames_per_chunk: int,
    *,
    readers: int = 1,
    shown: bool = False,
) -> Generator[Chunk | ClipEnd, None, None]:
    """Decode clips ahead of their use and yield their frames in chunks, clip after clip.

    Each clip is decoded once, whatever the number of input sizes. At most a few chunks per reader
    wait in memory, so its use grows neither with the clips nor with their length.

    Parameters
    ----------
    clips
        Clip, where it lies, and the (height, width) of each input size wanted.
    settings
        Variants and augmentation.
    frames_per_chunk
        Most frames in a chunk. Chunks never segment clips, so a clip's embeddings do not depend
        on its neighbours.
    readers
        Threads, each of which decodes a clip of its own.
    shown
        Whether chunks keep the frames in full size, too.
    """
    source = iter(clips)
    turn = threading.Lock()
    # one line per clip, in order: whoever takes the next clip also puts its line here
    lines: queue.Queue[_Line | None] = queue.Queue(readers)
    closed = threading.Event()

    def next_clip() -> tuple[_Line, tuple[PlannedClip, Path, Sequence[tuple[int, int]]]] | None:
        with turn:
            line: _Line = queue.Queue(_AHEAD)
            try:
                clip = next(source, None)
            except BaseException as error:  # handed to the consumer, who raises it
                line.put(_Crash(error))
                _put(lines, line, closed)
                return None
            if clip is None or not _put(lines, line, closed):
                return None
            return line, clip

    def produce() -> None:
        while (found := next_clip()) is not None:
            line, (clip, path, sizes) = found
            try:
                for item in _read_clip(clip, path, sizes, settings, frames_per_chunk, shown):
                    if not _put(line, item, closed):
                        return
            except BaseException as error:  # handed to the consumer, who raises it
                _put(line, _Crash(error), closed)
                return
        _put(lines, None, closed)

    threads = [
        threading.Thread(target=produce, name=f"lusscore-decode-{number}", daemon=True)
        for number in range(readers)
    ]
    for thread in threads:
        thread.start()
    try:
        ended = 0
        while ended < readers:
            line = lines.get()
            if line is None:
                ended += 1
                continue
            item = None
            while not isinstance(item, ClipEnd):
                item = line.get()
                if isinstance(item, _Crash):
                    raise item.error
                yield item
    finally:
        closed.set()
        for thread in threads:
            thread.join()


def _put(line: queue.Queue[Any], item: object, closed: threading.Event) -> bool:
    """Put `item` in line as soon as there is room; return False once nobody takes any more."""
    while not closed.is_set():
        try:
            line.put(item, timeout=0.1)
        except queue.Full:
            continue
        return True
    return False


def _read_clip(
    clip: PlannedClip,
    path: Path,
    sizes: Sequence[tuple[int, int]],
    settings: ExtractionSettings,
    frames_per_chunk: int,
    keep_shown: bool,
) -> Iterator[Chunk | ClipEnd]:
    """Yield a clip's chunks and its end."""
    wanted = frozenset(clip.frames.tolist())
    found = 0
    try:
        sector = clip.sector
        if sector is None and settings.sector != "none":
            sector = find_sector(path)
        frames = open_clip(path, wanted)
        while batch := list(islice(frames, frames_per_chunk)):
            found += len(batch)
            shown = [_shown(frame, sector, settings) for frame in batch]
            chunk = _make_chunk(shown, clip, sizes, settings)
            yield replace(chunk, shown=tuple(frame.rgb for frame in shown)) if keep_shown else chunk
    except ClipError as error:
        yield ClipEnd(error.without_path())
        return
    if found != len(wanted):
        yield ClipEnd(
            f"The clip gave {found} of the {len(wanted)} frames it had when it was counted; "
            "run again, so that it is counted anew."
        )
    elif clip.stamp and stamp_clip(path) != clip.stamp:
        yield ClipEnd("The clip was changed while it was being read; run again.")
    else:
        yield ClipEnd()


def _shown(frame: Frame, sector: Sector | None, settings: ExtractionSettings) -> Frame:
    """Return the frame as the backbones may see it."""
    if sector is None or settings.sector == "none":
        return frame
    rgb = show_sector(frame.rgb, sector, settings.sector)
    return replace(frame, rgb=change_contrast(rgb, sector_crop(sector), settings.contrast))


def _make_chunk(
    frames: Sequence[Frame],
    clip: PlannedClip,
    sizes: Sequence[tuple[int, int]],
    settings: ExtractionSettings,
) -> Chunk:
    images = {
        size: np.stack(
            [make_variants(frame, clip.digest, settings, size, clip.variants) for frame in frames]
        )
        for size in dict.fromkeys(sizes)
    }
    return Chunk(images, np.array([frame.time for frame in frames]))
