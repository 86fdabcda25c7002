"""Files and folders that are whole or not there, whoever reads and writes beside."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from threading import Thread

import pytest

from lusscore.errors import LusscoreError, WriteError
from lusscore.files import csv_text, folder_written_whole, write_text, written_whole


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_file_is_whole_at_every_moment_whoever_writes_beside(tmp_path: Path) -> None:
    path = tmp_path / "results" / "report.html"
    # longer and shorter, so that what is left of one after the other would show
    texts = [letter * size for letter, size in (("a", 3_000_000), ("b", 2_000_000))]
    write_text(path, texts[0])

    def again(text: str) -> None:
        for _ in range(15):
            write_text(path, text)

    writers = [Thread(target=again, args=(text,)) for text in texts]
    for writer in writers:
        writer.start()
    seen = []
    while any(writer.is_alive() for writer in writers):
        seen.append(path.read_text(encoding="utf-8") in texts)
    for writer in writers:
        writer.join()
    assert seen
    assert all(seen)
    assert names(path.parent) == {"report.html"}


def test_bytes_are_the_same_on_every_system(tmp_path: Path) -> None:
    write_text(tmp_path / "a.csv", "ä\nb\n")
    write_text(tmp_path / "b.json", "\udcff")
    assert (tmp_path / "a.csv").read_bytes() == "ä\nb\n".encode()
    assert (tmp_path / "b.json").read_bytes() == b"?"
    assert csv_text([("a", "b"), (None, 'x "y", z'), (1, 0.5)]) == 'a,b\n,"x ""y"", z"\n1,0.5\n'


def test_what_cannot_be_written_is_a_sentence_and_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "folder", tmp_path / "file" / "inside"):
        with pytest.raises(WriteError, match=r"it cannot be written \(.*\); free space, or choose"):
            write_text(path, "new")
    old = tmp_path / "old"
    old.write_text("old")

    def full() -> None:
        with written_whole(old) as file:
            file.write(b"half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(LusscoreError, match="No space left on device") as told:
        full()
    assert str(tmp_path) not in told.value.without_path()
    assert isinstance(told.value, OSError)
    assert old.read_text() == "old"
    assert names(tmp_path) == {"folder", "file", "old"}


@pytest.mark.skipif(os.name == "nt", reason="permissions and links of Unix")
def test_permissions_and_links_are_kept(tmp_path: Path) -> None:
    real = tmp_path / "real.csv"
    real.write_text("old")
    real.chmod(0o640)
    link = tmp_path / "link.csv"
    link.symlink_to(real)
    write_text(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert real.stat().st_mode & 0o777 == 0o640
    write_text(tmp_path / "keys.csv", "secret", private=True)
    assert (tmp_path / "keys.csv").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("before", [set(), {"old"}])
def test_a_folder_appears_whole_when_the_block_succeeds(tmp_path: Path, before: set[str]) -> None:
    target = tmp_path / "data" / "c"
    for name in before:
        target.mkdir(parents=True)
        (target / name).write_text("old", encoding="utf-8")
    with folder_written_whole(target) as fresh:
        (fresh / "new").write_text("new", encoding="utf-8")
        assert target.exists() == bool(before)
        assert not before or names(target) == before
    assert names(target) == {"new"}
    assert names(tmp_path / "data") == {"c"}


def test_the_old_folder_stays_when_the_block_fails(tmp_path: Path) -> None:
    target = tmp_path / "c"
    target.mkdir()
    (target / "old").write_text("old", encoding="utf-8")

    def interrupted() -> None:
        with folder_written_whole(target) as fresh:
            (fresh / "new").write_text("new", encoding="utf-8")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert names(target) == {"old"}
    assert names(tmp_path) == {"c"}
