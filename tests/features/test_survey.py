from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from clip_maker import write_video
from lusscore.clips import count_frames
from lusscore.errors import ClipError
from lusscore.features.survey import survey_clip
from lusscore.sector import find_sector
from sector_maker import fan_clip


def test_one_reading_tells_what_several_would(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", fan_clip(9), fps=20)
    survey = survey_clip(path)
    assert survey.frames == count_frames(path) == 9
    assert survey.sector == find_sector(path)
    assert survey.clock.period == pytest.approx(1 / 20)
    assert survey.repeats == ()


def test_a_clip_encoded_again_at_twice_the_rate_repeats_every_other_frame(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", fan_clip(8).repeat(2, axis=0))
    np.testing.assert_array_equal(survey_clip(path).repeats, np.arange(1, 16, 2))


def test_a_broken_clip_gets_its_sentence(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", fan_clip(9))
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(ClipError, match="a.mp4"):
        survey_clip(path)


def test_a_drift_that_is_slow_is_no_repeat(tmp_path: Path) -> None:
    """Each frame is nearly the one before; the last is far from the first."""
    folder = tmp_path / "drift"
    folder.mkdir()
    columns = np.arange(320)
    for number in range(60):
        wave = 120 + 100 * np.sin((columns + 0.1 * number) / 25)
        picture = np.broadcast_to(wave[None, :, None], (240, 320, 3)).astype(np.uint8)
        Image.fromarray(picture).save(folder / f"{number:03d}.png")
    assert 0 < len(survey_clip(folder).repeats) < 50
