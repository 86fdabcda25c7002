"""Decoding and augmenting ahead of the backbones, in a thread of its own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lusscore.clips import Frame, open_clip
from lusscore.cohort import ExtractionSettings
from lusscore.errors import ClipError
from lusscore.features.layout import PlannedClip
from lusscore.features.variants import make_variants

_AHEAD = 4


@dataclass(frozen=True)
class Chunk:
    """Some consecutive frames of one clip, ready for the backbones.

    Attributes
    ----------
    images
        For each input size wanted: uint8, shape (frames, 1 + variants, height, width, 3).
    times
        Seconds, shape (frames,).
    """

    images: dict[tuple[int, int], NDArray[np.uint8]]
    times: NDArray[np.float64]


@dataclass(frozen=True)
class ClipEnd:
    """The end of a clip: all its chunks came before, or `error` says why they did not."""

    error: str = ""


@dataclass(frozen=True)
class _Crash:
    error: BaseException


def stream_clips(
    clips: Iterable[tuple[PlannedClip, Path, Sequence[tuple[int, int]]]],
    settings: ExtractionSettings,
    frames_per_chunk: int,
) -> Generator[Chunk | ClipEnd, None, None]:
    """Decode clips one after another and yield their frames in chunks.

    Each clip is decoded once, whatever the number of input sizes. At most a few chunks wait in
    memory, so its use does not grow with the clips.

    Parameters
    ----------
    clips
        Clip, where it lies, and the (height, width) of each input size wanted.
    settings
        Variants and augmentation.
    frames_per_chunk
        Most frames in a chunk. Chunks never span clips, so a clip's embeddings do not depend
        on its neighbours.
    """
    waiting: queue.Queue[Chunk | ClipEnd | _Crash | None] = queue.Queue(_AHEAD)
    closed = threading.Event()

    def put(item: Chunk | ClipEnd | _Crash | None) -> bool:
        while not closed.is_set():
            try:
                waiting.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def produce() -> None:
        try:
            for clip, path, sizes in clips:
                for item in _read_clip(clip, path, sizes, settings, frames_per_chunk):
                    if not put(item):
                        return
            put(None)
        except BaseException as error:  # handed to the consumer, who raises it
            put(_Crash(error))

    thread = threading.Thread(target=produce, name="lusscore-decode", daemon=True)
    thread.start()
    try:
        while (item := waiting.get()) is not None:
            if isinstance(item, _Crash):
                raise item.error
            yield item
    finally:
        closed.set()
        thread.join()


def _read_clip(
    clip: PlannedClip,
    path: Path,
    sizes: Sequence[tuple[int, int]],
    settings: ExtractionSettings,
    frames_per_chunk: int,
) -> Iterator[Chunk | ClipEnd]:
    """Yield a clip's chunks and its end."""
    wanted = frozenset(clip.frames.tolist())
    found = 0
    try:
        frames = open_clip(path, wanted)
        while batch := list(islice(frames, frames_per_chunk)):
            found += len(batch)
            yield _make_chunk(batch, clip.digest, sizes, settings)
    except ClipError as error:
        yield ClipEnd(str(error))
        return
    if found == len(wanted):
        yield ClipEnd()
    else:
        yield ClipEnd(
            f"{path} gave {found} of the {len(wanted)} frames it had when it was counted; "
            "run again, so that it is counted anew."
        )


def _make_chunk(
    frames: Sequence[Frame],
    digest: str,
    sizes: Sequence[tuple[int, int]],
    settings: ExtractionSettings,
) -> Chunk:
    images = {
        size: np.stack([make_variants(frame, digest, settings, size) for frame in frames])
        for size in dict.fromkeys(sizes)
    }
    return Chunk(images, np.array([frame.time for frame in frames]))
