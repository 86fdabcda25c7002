from pathlib import Path

import pytest
from PIL import Image

from clip_maker import moving_bar, write_video
from lusscore.cohort.importers.reading.label_level import label_level_of
from lusscore.cohort.segments import Segment


@pytest.fixture
def media(tmp_path: Path) -> Path:
    write_video(tmp_path / "a.mp4", moving_bar(2))
    (tmp_path / "stills").mkdir()
    Image.new("L", (8, 8)).save(tmp_path / "stills" / "1.PNG")
    return tmp_path


@pytest.mark.parametrize(
    ("clip", "score", "frames", "level"),
    [
        ("a.mp4", 0, (0, None), "clip"),
        ("a.mp4", None, (0, None), "frame"),
        ("a.mp4", 2, (0, 1), "frame"),
        ("a.mp4", 2, (1, None), "frame"),
        ("stills", 2, (0, None), "frame"),
        ("stills/1.PNG", 2, (0, None), "frame"),
    ],
)
def test_only_a_score_of_a_whole_moving_clip_is_weak(
    media: Path, clip: str, score: int | None, frames: tuple[int, int | None], level: str
) -> None:
    still = Segment((media / "stills").as_posix(), "p", "1", "", 3)
    assert label_level_of(
        [still, Segment((media / clip).as_posix(), "p", "1", "", score, *frames)]
    ) == (level)
