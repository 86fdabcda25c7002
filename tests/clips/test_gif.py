from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lusscore.clips import count_frames, open_clip, read_facts
from lusscore.clips.video import lacks_delays
from lusscore.errors import ClipError


def write_gif(path: Path, mode: str = "L", **options: object) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 255, (5, 20, 30, 1)).repeat(3, axis=3).astype(np.uint8)
    stills = [Image.fromarray(picture).convert(mode) for picture in pictures]
    stills[0].save(path, save_all=True, append_images=stills[1:], **options)
    return [np.asarray(still.convert("RGB")) for still in stills]


@pytest.mark.parametrize("mode", ["L", "P", "RGB"])
def test_a_gif_without_delays_gives_every_picture(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "a.gif"
    pictures = write_gif(path, mode)
    assert lacks_delays(path)
    frames = list(open_clip(path))
    assert count_frames(path) == 5
    np.testing.assert_allclose([frame.time for frame in frames], [0, 0.1, 0.2, 0.3, 0.4])
    for frame, picture in zip(frames, pictures, strict=True):
        # colours are reduced to a palette, each picture to one of its own
        assert np.abs(frame.rgb.astype(int) - picture).mean() < 12
    facts = read_facts(path)
    assert (facts.kind, facts.height, facts.width) == ("video", 20, 30)


def test_some_of_them_keep_their_numbers(tmp_path: Path) -> None:
    write_gif(tmp_path / "a.gif")
    assert [frame.index for frame in open_clip(tmp_path / "a.gif", {1, 3})] == [1, 3]


def test_a_gif_with_delays_is_left_to_ffmpeg(tmp_path: Path) -> None:
    write_gif(tmp_path / "a.gif", duration=40)
    assert not lacks_delays(tmp_path / "a.gif")
    assert count_frames(tmp_path / "a.gif") == 5


@pytest.mark.parametrize("kept", [3, 10, 60])
def test_one_that_is_cut_short_gets_a_sentence(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "a.gif"
    write_gif(path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ClipError, match="a.gif"):
        count_frames(path)
