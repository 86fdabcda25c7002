from pathlib import Path

import numpy as np
import pytest

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
    assert survey.clock.rate == pytest.approx(20)
    assert survey.repeats == ()


def test_a_clip_encoded_again_at_twice_the_rate_repeats_every_other_frame(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", fan_clip(8).repeat(2, axis=0))
    np.testing.assert_array_equal(survey_clip(path).repeats, np.arange(1, 16, 2))


def test_a_broken_clip_gets_its_sentence(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", fan_clip(9))
    path.write_bytes(path.read_bytes()[:-400])
    with pytest.raises(ClipError, match="a.mp4"):
        survey_clip(path)
