from pathlib import Path

import av
import numpy as np
import pytest

from lusscore.privacy.proof import same_pictures
from lusscore.privacy.video_planes import blank_planes
from privacy.planted import HEIGHT, WIDTH, fan_clip

KEEP = np.zeros((HEIGHT, WIDTH), bool)
KEEP[20:80, 30:100] = True


def encode(path: Path, codec: str, layout: str, height: int = HEIGHT) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=20)
        stream.height, stream.width, stream.pix_fmt = height, WIDTH, layout
        for image in fan_clip(0, "Ottilie"):
            frame = av.VideoFrame.from_ndarray(image[:height], format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("codec", "layout"),
    [
        ("libx264", "yuv420p"),
        ("libx264", "yuv422p"),
        ("libx264", "yuv444p"),
        ("mjpeg", "yuvj420p"),
        ("mjpeg", "yuvj422p"),
        ("mjpeg", "yuvj444p"),
    ],
)
def test_planes_are_blanked_and_kept_as_they_are_stored(
    tmp_path: Path, codec: str, layout: str
) -> None:
    clip, copy = encode(tmp_path / "a.mov", codec, layout), tmp_path / "C.mp4"
    assert blank_planes(clip, copy, KEEP)
    assert same_pictures(clip, copy, KEEP)
    with av.open(str(copy)) as container:
        stored = container.streams.video[0].codec_context.format
        assert stored is not None
        assert stored.name == layout


@pytest.mark.parametrize("layout", ["gray", "bgr0", "yuv420p10le"])
def test_other_layouts_are_left_to_another_way(tmp_path: Path, layout: str) -> None:
    clip = encode(tmp_path / "a.mkv", "ffv1", layout)
    assert not blank_planes(clip, tmp_path / "C.mp4", KEEP)


def test_frames_of_another_size_are_left_to_another_way(tmp_path: Path) -> None:
    clip = encode(tmp_path / "a.mp4", "libx264", "yuv420p", height=64)
    assert not blank_planes(clip, tmp_path / "C.mp4", KEEP)
