import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from lusscore.web.upload_folder import upload_folder

HOLD = """
import time
from lusscore.web.upload_folder import upload_folder
with upload_folder() as folder:
    (folder / "clip.mp4").write_bytes(b"x")
    print(folder, flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def start(temporary: Path) -> tuple[subprocess.Popen[str], Path]:
    places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary))
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | places,
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_the_folder_is_gone_afterwards_whatever_happened(temporary: Path) -> None:
    def fail() -> None:
        with upload_folder() as folder:
            assert folder.parent == temporary
            (folder / "exam-1").mkdir()
            (folder / "exam-1" / "0001.mp4").write_bytes(b"x")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert list(temporary.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_nobody_else_may_open_it() -> None:
    with upload_folder() as folder:
        assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.slow
def test_folders_of_servers_that_run_stay_and_of_those_that_were_killed_go(
    temporary: Path,
) -> None:
    process, theirs = start(temporary)
    try:
        with upload_folder() as mine:
            assert mine != theirs
            assert (theirs / "clip.mp4").is_file()
    finally:
        process.kill()
        process.communicate(timeout=10)
    assert theirs.is_dir()
    with upload_folder():
        assert not theirs.exists()


def test_what_only_has_such_a_name_stays(temporary: Path) -> None:
    elsewhere = temporary / "precious"
    elsewhere.mkdir()
    (elsewhere / "in-use.lock").touch()
    (elsewhere / "file").touch()
    (temporary / "lusscore-serve-link").symlink_to(elsewhere)
    (temporary / "lusscore-serve-without-lock").mkdir()
    (temporary / "lusscore-serve-file").touch()
    with upload_folder():
        pass
    assert sorted(path.name for path in temporary.iterdir()) == [
        "lusscore-serve-file",
        "lusscore-serve-link",
        "lusscore-serve-without-lock",
        "precious",
    ]
    assert (elsewhere / "file").exists()
