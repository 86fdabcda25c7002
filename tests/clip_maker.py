"""Makers of small real videos."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray


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
    path: Path, video: NDArray[np.uint8], *, fps: int = 25, faststart: bool = False
) -> Path:
    """Encode frames as an H.264 MP4."""
    options = {"movflags": "faststart"} if faststart else {}
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream("libx264", rate=fps)
        stream.height, stream.width, stream.pix_fmt = video.shape[1], video.shape[2], "yuv420p"
        for image in video:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    return path
