"""What a backbone sees of a clip: letterboxed frames and their variants, decoded ahead."""

from __future__ import annotations

import hashlib
import math
import queue
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lusscore.clips import Frame, open_clip, stamp_clip
from lusscore.cohort import ExtractionSettings
from lusscore.errors import ClipError
from lusscore.features.media import PlannedClip
from lusscore.sector import Sector, change_contrast, find_sector, sector_crop, show_sector

# Frames are made beside each other by threads of ours; more within one image would be in the way.
cv2.setNumThreads(1)
# chunks per reader that wait in memory
_AHEAD = 4
_BATCH_BYTES = 1 << 26

# a clip, where it lies, and the (height, width) of each input size wanted
Source: TypeAlias = "tuple[PlannedClip, Path, Sequence[tuple[int, int]]]"


@dataclass(frozen=True)
class Transform:
    """One draw from the augmentation's ranges.

    `angle` is the rotation about the image centre in degrees, anticlockwise as seen; `shift`
    (down, right) in fractions of height and width; `scale` the magnification. A `flip` swaps left
    and right before all else.
    """

    angle: float
    shift: tuple[float, float]
    scale: float
    flip: bool


def make_variants(
    frame: Frame,
    clip_digest: str,
    settings: ExtractionSettings,
    size: tuple[int, int],
    variants: Sequence[int] | None = None,
) -> NDArray[np.uint8]:
    """Make variants of a frame at a backbone's input size, (height, width) in pixels.

    `variants` are numbers, 0 being the clean frame; None for all that the settings ask for.

    Returns
    -------
    ndarray of uint8, shape (variants, height, width, 3), 0–255
    """
    wanted = range(1 + settings.variants) if variants is None else variants
    clean = np.asarray(letterbox(Image.fromarray(frame.rgb), size))
    images = np.empty((len(wanted), *size, 3), np.uint8)
    for row, variant in enumerate(wanted):
        images[row] = (
            apply_transform(clean, draw_transform(settings, clip_digest, frame.index, variant))
            if variant
            else clean
        )
    return images


def letterbox(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Scale an RGB image to fit `size`, (height, width), keep its aspect ratio and pad with black.

    Bilinear, with antialiasing when it shrinks; the image is centred.
    """
    left, top, width, height = letterbox_box(image.height, image.width, size)
    scaled = image.resize((width, height), Image.Resampling.BILINEAR)
    if (height, width) == size:
        return scaled
    canvas = Image.new("RGB", size[::-1])
    canvas.paste(scaled, (left, top))
    return canvas


def letterbox_box(height: int, width: int, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return where an image lies once it is letterboxed: (left, top, width, height) in pixels."""
    rows, columns = size
    factor = min(columns / width, rows / height)
    wide, high = max(1, round(width * factor)), max(1, round(height * factor))
    return (columns - wide) // 2, (rows - high) // 2, wide, high


def draw_transform(
    settings: ExtractionSettings, clip_digest: str, frame: int, variant: int
) -> Transform:
    """Draw the transform of one variant, 1 or more.

    A pure function of (seed, SHA-256 of the clip's bytes, frame number, variant): the same
    whatever the order, the worker, the run or the backbone.
    """
    key = f"{settings.seed}|{clip_digest}|{frame}|{variant}".encode()
    seed = int.from_bytes(hashlib.blake2b(key, digest_size=16).digest(), "big")
    angle, down, right, scale, flip = np.random.Generator(np.random.Philox(seed)).uniform(-1, 1, 5)
    return Transform(
        angle=float(angle * settings.rotation),
        shift=(float(down * settings.shift), float(right * settings.shift)),
        scale=float(1 + scale * settings.scale),
        flip=bool(settings.flip and flip < 0),
    )


def apply_transform(image: NDArray[np.uint8], transform: Transform) -> NDArray[np.uint8]:
    """Apply a transform to uint8 (height, width, 3) in one bilinear resampling.

    What comes into view is black.
    """
    height, width = image.shape[:2]
    angle = math.radians(transform.angle)
    cos, sin = math.cos(angle) / transform.scale, math.sin(angle) / transform.scale
    down, right = transform.shift
    # The way back: for each output pixel, where in the input it comes from. Pixel centres have
    # whole coordinates, so the middle of the image lies between them.
    middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
    to_x, to_y = middle_x + right * width, middle_y + down * height
    back = np.array(
        [
            [cos, -sin, middle_x - cos * to_x + sin * to_y],
            [sin, cos, middle_y - sin * to_x - cos * to_y],
        ]
    )
    if transform.flip:
        back[0] = -back[0]
        back[0, 2] += width - 1
    moved = cv2.warpAffine(
        image,
        back,
        (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=0,
    )
    return np.asarray(moved, dtype=np.uint8)


@dataclass(frozen=True)
class Chunk:
    """Some consecutive frames of one clip, ready for the backbones, and their seconds.

    `images` has for each input size wanted uint8, shape (frames, variants, height, width, 3);
    `shown`, if asked for, each frame before it is scaled, uint8, shape (rows, columns, 3).
    """

    images: dict[tuple[int, int], NDArray[np.uint8]]
    times: NDArray[np.float64]
    shown: tuple[NDArray[np.uint8], ...] = ()

    def only(self, kept: Sequence[bool]) -> Chunk:
        """Return the frames for which `kept` is true."""
        rows = np.flatnonzero(kept)
        return Chunk(
            {size: images[rows] for size, images in self.images.items()},
            self.times[rows],
            tuple(self.shown[row] for row in rows),
        )


@dataclass(frozen=True)
class ClipEnd:
    """The end of a clip: all its chunks came before, or `error` says why they did not."""

    error: str = ""


def stream_clips(
    clips: Iterable[Source],
    settings: ExtractionSettings,
    frames_per_chunk: int,
    *,
    readers: int = 1,
    shown: bool = False,
) -> Generator[Chunk | ClipEnd, None, None]:
    """Decode clips ahead of their use and yield their frames in chunks, clip after clip.

    Each clip is decoded once, whatever the number of input sizes. At most a few chunks per reader
    wait in memory, so its use grows neither with the clips nor with their length.

    Chunks never span clips, so a clip's embeddings do not depend on its neighbours. Each of the
    `readers` is a thread that decodes a clip of its own. Where `shown` is set, chunks keep the
    frames in full size, too.
    """
    closed = threading.Event()

    def read(clip: Source, line: queue.Queue[Any]) -> None:
        try:
            for item in _read_clip(*clip, settings, frames_per_chunk, shown):
                if not _put(line, item, closed):
                    return
        except BaseException as error:  # handed to the consumer, who raises it
            _put(line, error, closed)

    source = iter(clips)
    lines: deque[queue.Queue[Any]] = deque()
    with ThreadPoolExecutor(readers, "lusscore-decode") as pool:
        try:
            while True:
                # one clip more than readers, so that none of them waits for its next
                for clip in islice(source, readers + 1 - len(lines)):
                    lines.append(queue.Queue(_AHEAD))
                    pool.submit(read, clip, lines[-1])
                if not lines:
                    return
                line, item = lines[0], None
                while not isinstance(item, ClipEnd):
                    item = line.get()
                    if isinstance(item, BaseException):
                        raise item
                    yield item
                lines.popleft()
        finally:
            closed.set()


def _put(line: queue.Queue[Any], item: object, closed: threading.Event) -> bool:
    """Put `item` in line as soon as there is room; return False once nobody takes any more."""
    while not closed.is_set():
        with suppress(queue.Full):
            line.put(item, timeout=0.1)
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
        frames = (_shown(frame, sector, settings) for frame in open_clip(path, wanted))
        for shown in _batches(frames, frames_per_chunk):
            found += len(shown)
            images = {}
            for size in dict.fromkeys(sizes):
                made = [
                    make_variants(one, clip.digest, settings, size, clip.variants) for one in shown
                ]
                images[size] = np.stack(made)
            kept = tuple(frame.rgb for frame in shown) if keep_shown else ()
            yield Chunk(images, np.array([frame.time for frame in shown]), kept)
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


def _batches(frames: Iterator[Frame], most: int) -> Iterator[list[Frame]]:
    """Yield frames in lists of so many, or of as many as do not take much memory."""
    batch: list[Frame] = []
    for frame in frames:
        batch.append(frame)
        if len(batch) == most or len(batch) * frame.rgb.nbytes >= _BATCH_BYTES:
            yield batch
            batch = []
    if batch:
        yield batch


def _shown(frame: Frame, sector: Sector | None, settings: ExtractionSettings) -> Frame:
    """Return the frame as the backbones may see it."""
    if sector is None or settings.sector == "none":
        return frame
    rgb = show_sector(frame.rgb, sector, settings.sector)
    return replace(frame, rgb=change_contrast(rgb, sector_crop(sector), settings.contrast))
