from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lusscore.errors import ClipError
from lusscore.privacy.proof import same_pictures

KEEP = np.zeros((10, 12), bool)
KEEP[3:6, 4:9] = True


def gif(
    path: Path, frames: int = 4, *, at: tuple[int, int] = (0, 0), value: int = 0, step: int = 80
) -> Path:
    """Frames that are grey where KEEP is set, one pixel of the last of them of another value."""
    video = [np.where(KEEP, 100 + number, 0).astype(np.uint8) for number in range(frames)]
    video[-1][at] = value
    first, *rest = (Image.fromarray(image) for image in video)
    first.save(path, save_all=True, append_images=rest, duration=step)
    return path


def test_a_copy_that_is_as_the_clip_outside_and_in(tmp_path: Path) -> None:
    clip, copy = gif(tmp_path / "a.gif"), gif(tmp_path / "b.gif")
    assert same_pictures(clip, copy, None)
    assert same_pictures(clip, copy, KEEP)


def test_what_the_copy_must_not_show(tmp_path: Path) -> None:
    clip = gif(tmp_path / "a.gif", value=200)
    copy = gif(tmp_path / "b.gif")
    assert same_pictures(clip, copy, KEEP)
    assert not same_pictures(clip, copy, None)
    assert not same_pictures(clip, clip, KEEP)


@pytest.mark.parametrize(
    "different",
    [{"frames": 3}, {"frames": 5}, {"at": (4, 5), "value": 99}, {"value": 1}, {"step": 90}],
)
def test_a_copy_that_differs_in_anything(tmp_path: Path, different: dict[str, int]) -> None:
    clip, copy = gif(tmp_path / "a.gif"), gif(tmp_path / "b.gif", **different)  # type: ignore[arg-type]
    assert not same_pictures(clip, copy, KEEP)


def test_a_copy_that_cannot_be_read_is_no_copy_but_a_clip_that_cannot_is_an_error(
    tmp_path: Path,
) -> None:
    clip = gif(tmp_path / "a.gif")
    (tmp_path / "b.gif").write_bytes(clip.read_bytes()[:40])
    assert not same_pictures(clip, tmp_path / "b.gif", KEEP)
    with pytest.raises(ClipError):
        same_pictures(tmp_path / "b.gif", clip, KEEP)
