from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from lusscore.cohort.phantom.render import render_clip
from lusscore.cohort.phantom.settings import PhantomSettings
from lusscore.cohort.phantom.video import write_video


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    return render_clip(PhantomSettings(frames=5, size=128), 1, "R-ant-sup", 1)


def test_what_is_written_can_be_read(tmp_path: Path, frames: np.ndarray) -> None:
    write_video(tmp_path / "clip.mp4", frames, 15)
    with av.open(str(tmp_path / "clip.mp4")) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert stream.average_rate == 15
        read = np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(stream)])
    assert read.shape == frames.shape
    assert np.abs(read.astype(int) - frames).mean() < 4


def test_the_same_frames_give_the_same_bytes(tmp_path: Path, frames: np.ndarray) -> None:
    for name in ("a.mp4", "b.mp4"):
        write_video(tmp_path / name, frames, 15)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_no_date_is_written(tmp_path: Path, frames: np.ndarray) -> None:
    write_video(tmp_path / "clip.mp4", frames, 15)
    with av.open(str(tmp_path / "clip.mp4")) as container:
        keys = {*container.metadata, *container.streams.video[0].metadata}
    assert "creation_time" not in keys
