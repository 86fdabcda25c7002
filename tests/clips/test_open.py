from pathlib import Path

import pytest

from lusscore.clips import is_clip, open_clip
from lusscore.clips.readers import register_reader
from lusscore.clips.video import VideoReader
from lusscore.errors import ClipError


def test_a_path_that_is_not_there_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ClipError, match=r"No clip at .*gone\.mp4; check the path"):
        open_clip(tmp_path / "gone.mp4")


def test_an_unknown_suffix_names_what_is_known(tmp_path: Path) -> None:
    (tmp_path / "clip.xyz").write_text("x")
    with pytest.raises(ClipError, match="expected one of: DICOM, image, image folder, video"):
        open_clip(tmp_path / "clip.xyz")
    assert not is_clip(tmp_path / "clip.xyz")
    assert is_clip(tmp_path / "clip.MP4")


def test_a_kind_is_registered_once() -> None:
    with pytest.raises(ValueError, match="'video' is registered already"):
        register_reader(VideoReader)
