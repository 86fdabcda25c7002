"""Makers of small real videos."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image


def moving_bar(
    frames: int = 6, height: int = 48, width: int = 64, seed: int = 0
) -> NDArray[np.uint8]:
    """Speckled frames in which a bright bar moves down: uint8, (frames, height, width, 3)."""
    rng = np.random.default_rng(seed)
    video = rng.integers(0, 60, (frames, height, width, 1)).repeat(3, axis=3).astype(np.uint8)
    for number in range(frames):
        row = (seed + 4 * number) % (height - 4)
        video[number, row : row + 4] = 230
    return video


def write_video(
    path: Path,
    video: NDArray[np.uint8],
    codec: str = "libx264",
    *,
    fps: int = 25,
    faststart: bool = False,
    **more: Any,
) -> Path:
    """Encode frames as :func:`encode` does, by default as an H.264 MP4."""
    options = {"movflags": "faststart"} if faststart else {}
    encode(path, video, codec, rate=fps, container_options=options, **more)
    return path


def write_gif(path: Path, video: NDArray[np.uint8], **more: Any) -> Path:
    """Write frames as one moving picture that Pillow can write, by default 10 frames a second."""
    first, *others = map(Image.fromarray, video)
    first.save(path, save_all=True, append_images=others, **({"duration": 100} | more))
    return path


def encode(
    target: Path | BinaryIO,
    video: NDArray[np.uint8],
    codec: str = "libx264",
    *,
    container: str | None = None,
    container_options: dict[str, str] | None = None,
    metadata: dict[str, str] | None = None,
    rate: int = 25,
    pixels: str = "yuv420p",
    options: dict[str, str] | None = None,
    ticks: Sequence[int] | None = None,
    prepare: Callable[[Any], object] = lambda stream: None,
) -> None:
    """Encode frames with a codec that the container takes.

    `ticks` are the frames' presentation times in units of 1 / rate; `prepare` is called with the
    stream before anything is encoded.
    """
    place = str(target) if isinstance(target, Path) else target
    with av.open(place, "w", format=container, options=container_options or {}) as output:
        output.metadata.update(metadata or {})
        stream = output.add_stream(codec, rate=rate, options=options or {})
        stream.height, stream.width, stream.pix_fmt = *video.shape[1:3], pixels
        prepare(stream)
        for number, image in enumerate(video):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            if ticks:
                frame.pts, frame.time_base = ticks[number], Fraction(1, rate)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
