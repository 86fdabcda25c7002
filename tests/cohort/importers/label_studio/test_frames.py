from fractions import Fraction
from pathlib import Path

import av
import pytest
from PIL import Image

from clip_maker import moving_bar, write_video
from lusscore.cohort.importers.label_studio.frames import frames_told
from lusscore.cohort.importers.label_studio.tasks import Told
from lusscore.errors import ClipError


def ranges(*pairs: tuple[int, int]) -> Told:
    return Told("score", ("2",), pairs)


def seconds(start: float, end: float) -> Told:
    return Told("score", ("2",), seconds=(start, end))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten frames at 25 frames per second."""
    return write_video(tmp_path_factory.mktemp("clip") / "a.mp4", moving_bar(10))


@pytest.fixture(scope="module")
def uneven(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four frames, at 0, 0.1, 0.2 and 1.0 seconds."""
    path = tmp_path_factory.mktemp("uneven") / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.height, stream.width, stream.pix_fmt = 48, 64, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 10)
        for image, time in zip(moving_bar(4), (0, 1, 2, 10), strict=True):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = time, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def test_ranges_count_from_one_and_hold_both_ends(clip: Path) -> None:
    assert frames_told(clip, ranges((1, 1), (3, 10)), None) == [(0, 1), (2, 10)]


def test_one_frame_too_many_is_the_rounding_of_label_studio(clip: Path) -> None:
    assert frames_told(clip, ranges((5, 11)), None) == [(4, 10)]


def test_the_whole_clip_needs_no_clip() -> None:
    assert frames_told(Path("none.mp4"), Told("score", ("2",)), None) == [(0, None)]


def test_seconds_are_looked_up_in_the_clips_real_times(uneven: Path) -> None:
    assert frames_told(uneven, seconds(0.1, 0.9), None) == [(1, 3)]
    assert frames_told(uneven, seconds(0.15, 1.5), None) == [(2, None)]


def test_frames_counted_at_another_rate_are_looked_up_by_their_time(clip: Path) -> None:
    # at 50 frames per second each of the clip's frames is shown twice: 3–6 are frames 1 and 2
    assert frames_told(clip, ranges((3, 6)), 50.0) == [(1, 3)]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (ranges((0, 3)), "no range of frames counted from 1"),
        (ranges((5, 3)), "no range of frames counted from 1"),
        (ranges((3, 12)), "beyond the clip's 10 frames: .*--column fps=NUMBER"),
        (ranges((11, 11)), "beyond the clip's 10 frames"),
        (seconds(5, 6), "no frame of the clip lies between 5 and 6 seconds"),
        (seconds(0.2, 0.1), "no frame of the clip lies between"),
        (seconds(0.01, 0.02), "no frame of the clip lies between"),
    ],
)
def test_frames_that_are_not_there_are_refused_in_words(clip: Path, told: Told, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        frames_told(clip, told, None)


def test_seconds_of_an_image_are_refused_in_words(tmp_path: Path) -> None:
    Image.new("L", (8, 8)).save(tmp_path / "a.png")
    with pytest.raises(ClipError, match="no clock"):
        frames_told(tmp_path / "a.png", seconds(0, 1), None)
