import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lusscore.clips import count_frames, is_clip, open_clip, read_facts
from lusscore.errors import ClipError


def test_a_path_that_is_not_there_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ClipError, match=r"gone\.mp4: there is no such clip; check the path"):
        open_clip(tmp_path / "gone.mp4")


def test_an_unknown_suffix_names_what_is_known(tmp_path: Path) -> None:
    (tmp_path / "clip.xyz").write_text("x")
    with pytest.raises(ClipError, match="expected one of: DICOM, image, image folder, video"):
        open_clip(tmp_path / "clip.xyz")
    assert not is_clip(tmp_path / "clip.xyz")
    assert is_clip(tmp_path / "clip.MP4")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    for name in ("a.mp4", "a.dcm", "a.png", "pipe"):
        os.mkfifo(tmp_path / name)
        for ask in (open_clip, count_frames, read_facts):
            with pytest.raises(ClipError, match="neither a file nor a folder"):
                ask(tmp_path / name)
    assert not is_clip(tmp_path / "pipe")


@pytest.mark.parametrize("name", ["a.mp4", "a.dcm", "a.png", "a", "folder/"])
def test_what_may_not_be_read_gets_a_sentence(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name.endswith("/"):
        path.mkdir()
    else:
        path.write_bytes(bytes(128) + b"DICM" + bytes(20))
    path.chmod(0)
    if os.access(path, os.R_OK):
        path.chmod(0o700)
        pytest.skip("this user may read everything")
    try:
        for ask in (lambda clip: list(open_clip(clip)), count_frames, read_facts):
            with pytest.raises(ClipError, match=re.escape(str(path))):
                ask(path)
        is_clip(path)
    finally:
        path.chmod(0o700)


def test_pydicom_is_imported_only_where_dicom_is_opened() -> None:
    program = (
        "import sys, lusscore.clips, lusscore.cli;"
        "sys.exit(sum(name in sys.modules for name in ('pydicom', 'gdcm')))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
