"""Videos as other programs write them, for the tests of copies."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.bitstream import BitStreamFilterContext
from numpy.typing import NDArray


def encode(
    path: Path,
    video: NDArray[np.uint8],
    codec: str,
    layout: str,
    steps: list[int] | None = None,
    **options: str,
) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=20, options=options)
        stream.height, stream.width, stream.pix_fmt = *video.shape[1:3], layout
        if steps is not None:
            stream.time_base = stream.codec_context.time_base = Fraction(1, 1000)
        for number, image in enumerate(video):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            if steps is not None:
                frame.pts, frame.time_base = steps[number], Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def recropped(clip: Path, right: int = 0, bottom: int = 0, suffix: str = ".mp4") -> Path:
    """Copy a stream that says that all its pixels are to be shown, but for some at two edges."""
    copy = clip.with_name(f"{clip.stem}-{right}-{bottom}{suffix}")
    with av.open(str(clip)) as source, av.open(str(copy), "w") as target:
        stream = source.streams.video[0]
        crop = f"crop_left=0:crop_top=0:crop_right={right}:crop_bottom={bottom}"
        out = target.add_stream_from_template(stream, opaque=True)
        said = BitStreamFilterContext(f"{stream.codec_context.name}_metadata={crop}", stream, out)
        for packet in source.demux(stream):
            for changed in said.filter(packet if packet.size else None):
                changed.stream = out
                target.mux(changed)
    return copy
