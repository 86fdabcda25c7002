from pathlib import Path

import numpy as np
import pytest

from clip_maker import moving_bar, write_video
from lusscore.clips import count_frames, open_clip
from lusscore.errors import ClipError


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_video(tmp_path / "clip.mp4", moving_bar(7), fps=25)


def test_frames_come_in_order_with_number_time_and_rgb(clip: Path) -> None:
    frames = list(open_clip(clip))
    assert [frame.index for frame in frames] == list(range(7))
    np.testing.assert_allclose([frame.time for frame in frames], np.arange(7) / 25, atol=1e-6)
    assert all(frame.rgb.shape == (48, 64, 3) and frame.rgb.dtype == np.uint8 for frame in frames)


def test_pixels_are_those_that_were_encoded(clip: Path) -> None:
    for frame, truth in zip(open_clip(clip), moving_bar(7), strict=True):
        bright = np.abs(frame.rgb.astype(int) - truth)[truth > 200]
        assert bright.mean() < 15


def test_only_wanted_frames_are_given(clip: Path) -> None:
    everything = list(open_clip(clip))
    some = list(open_clip(clip, {1, 5}))
    assert [frame.index for frame in some] == [1, 5]
    np.testing.assert_array_equal(some[1].rgb, everything[5].rgb)
    assert some[1].time == everything[5].time


def test_count_is_the_number_of_frames(clip: Path) -> None:
    assert count_frames(clip) == 7


@pytest.mark.parametrize("faststart", [False, True])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_a_truncated_video_is_told_from_a_whole_one(
    tmp_path: Path, faststart: bool, part: float
) -> None:
    clip = write_video(tmp_path / "clip.mp4", moving_bar(40, 96, 96), faststart=faststart)
    whole = clip.read_bytes()
    clip.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(ClipError, match="cannot be decoded|breaks off"):
        count_frames(clip)


def test_an_empty_file_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").touch()
    with pytest.raises(ClipError, match=r"clip.mp4 is empty \(0 bytes\)"):
        open_clip(tmp_path / "clip.mp4")


def test_text_named_mp4_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_text("not a video at all\n" * 40)
    with pytest.raises(ClipError, match=r"clip.mp4 cannot be decoded as a video"):
        list(open_clip(tmp_path / "clip.mp4"))


def test_a_file_without_a_picture_gets_a_sentence(tmp_path: Path) -> None:
    import av

    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000, layout="mono")
        samples = np.zeros((1, 1024), dtype=np.float32)
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(ClipError, match="no video stream"):
        count_frames(path)
