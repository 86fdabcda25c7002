"""Writing leaves the whole bundle under its name, or what was there before."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bundle_tamper import lay_out
from lusscore.bundle.bundle import Bundle
from lusscore.bundle.contents import read_contents
from lusscore.bundle.read import read_bundle
from lusscore.bundle.write import write_bundle
from lusscore.errors import BundleError
from lusscore.head import make_head

PLACES = pytest.mark.parametrize("name", ["mine", "mine.zip"])


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@PLACES
def test_it_is_there_whole_and_alone(
    tiny: Bundle, files: Mapping[str, bytes], tmp_path: Path, name: str
) -> None:
    path = tmp_path / "new" / "folders" / name
    written = write_bundle(tiny, path)
    assert read_contents(path) == files
    assert read_bundle(path).digest == written.digest
    assert written.folder == path
    assert left_in(path.parent) == [name]


def test_the_same_bundle_is_the_same_zip(tiny: Bundle, tmp_path: Path) -> None:
    for name in ("a.zip", "b.ZIP"):
        write_bundle(tiny, tmp_path / name)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.ZIP").read_bytes()


@PLACES
def test_what_is_there_is_replaced_only_if_asked_for(
    tiny: Bundle, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    write_bundle(tiny, path)
    other = replace(tiny, name="other")
    with pytest.raises(BundleError, match="it exists; choose another --name or --output"):
        write_bundle(other, path)
    assert read_bundle(path).name == "tiny"
    write_bundle(other, path, overwrite=True)
    assert read_bundle(path).name == "other"
    assert left_in(tmp_path) == [name]


def test_a_damaged_bundle_can_be_replaced(
    tiny: Bundle, files: Mapping[str, bytes], tmp_path: Path
) -> None:
    path = lay_out({**files, "arrays.npz": b"damaged"}, tmp_path / "mine")
    write_bundle(tiny, path, overwrite=True)
    assert read_contents(path) == files


def test_nothing_but_a_bundle_is_ever_replaced(
    tiny: Bundle, files: Mapping[str, bytes], tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"thesis")
    (tmp_path / "photos.zip").write_bytes(b"photos")
    (tmp_path / "empty").mkdir()
    lay_out({"thesis.txt": b"thesis"}, tmp_path / "work")
    lay_out({**files, "notes.txt": b"mine"}, tmp_path / "bundle-with-notes")
    lay_out({**files, "networks/.git": b"mine"}, tmp_path / "bundle-with-git")
    lay_out(files, tmp_path / "folder.zip")
    names = left_in(tmp_path)
    for name in names:
        before = sorted((path, path.stat().st_size) for path in (tmp_path / name).rglob("*"))
        with pytest.raises(BundleError, match="is not a bundle, and is not overwritten"):
            write_bundle(tiny, tmp_path / name, overwrite=True)
        assert before == sorted(
            (path, path.stat().st_size) for path in (tmp_path / name).rglob("*")
        )
    assert left_in(tmp_path) == names


def test_a_link_is_not_written_through(tiny: Bundle, tmp_path: Path) -> None:
    write_bundle(tiny, tmp_path / "real")
    try:
        (tmp_path / "link").symlink_to(tmp_path / "real", target_is_directory=True)
        (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    except OSError:
        pytest.skip("needs the right to make links")
    for name in ("link", "dangling"):
        with pytest.raises(BundleError, match="is not a bundle"):
            write_bundle(tiny, tmp_path / name, overwrite=True)
        with pytest.raises(BundleError, match="exists"):
            write_bundle(tiny, tmp_path / name)


def test_the_folder_at_hand_may_be_a_bundle(
    tiny: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_bundle(tiny, tmp_path / "mine")
    monkeypatch.chdir(tmp_path / "mine")
    with pytest.raises(BundleError, match="exists"):
        write_bundle(tiny, Path())
    if sys.platform != "win32":  # which moves no folder that is somebody's working folder
        write_bundle(replace(tiny, name="other"), Path(), overwrite=True)
        assert read_bundle(tmp_path / "mine").name == "other"
    monkeypatch.chdir(tmp_path)


def test_what_would_not_be_read_again_is_not_written(tiny: Bundle, tmp_path: Path) -> None:
    member = tiny.members[0]
    odd = [
        replace(tiny, id="1"),
        replace(tiny, name="two\nlines"),
        replace(tiny, coverage=float("nan")),
        replace(tiny, card={"Value": {1, 2}}),
        replace(tiny, card={"Escape": "\x1b[2J"}),
        replace(tiny, members=()),
        replace(tiny, members=(replace(member, head=make_head("logistic")),)),
        replace(tiny, members=(replace(member, name="svm"),)),
        replace(tiny, familiar=replace(tiny.familiar, mean=np.full(12, np.nan, np.float32))),
        replace(tiny, networks={}),
    ]
    for bundle in odd:
        with pytest.raises(BundleError, match=r"cannot be written, since .*; train it again\.$"):
            write_bundle(bundle, tmp_path / "mine")
    assert left_in(tmp_path) == []


def test_a_place_that_takes_no_files_is_a_sentence(tiny: Bundle, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path / "file" / "mine", tmp_path / ("x" * 300)):
        with pytest.raises(BundleError, match=r"cannot be written \(.*\); free space or choose"):
            write_bundle(tiny, path)


PROCESS = """
import sys
from dataclasses import replace
from pathlib import Path
from lusscore.bundle.read import read_bundle
from lusscore.bundle.write import write_bundle
from lusscore.errors import BundleError

source, target = map(Path, sys.argv[1:3])
bundle = read_bundle(source)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no file's size")
@PLACES
def test_a_full_disk_is_a_sentence_and_leaves_what_was_there(
    tiny: Bundle, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    write_bundle(tiny, path)
    code = (
        PROCESS
        + """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
try:
    write_bundle(replace(bundle, name="other"), target, overwrite=True)
except BundleError as error:
    print(error)
"""
    )
    done = subprocess.run(
        [sys.executable, "-c", code, path, path], capture_output=True, text=True, check=True
    )
    assert "cannot be written (" in done.stdout
    assert done.stdout.endswith("); free space or choose another place.\n")
    assert read_bundle(path).name == "tiny"
    assert left_in(tmp_path) == [name]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a process to be killed at every step")
@PLACES
def test_a_process_that_is_killed_leaves_a_whole_bundle_whatever_it_was_doing(
    tiny: Bundle, tmp_path: Path, name: str
) -> None:
    target = tmp_path / "out" / name
    write_bundle(replace(tiny, name="old"), target)
    code = (
        PROCESS
        + """
import os, shutil, signal

def die_at(step):
    def count(event, arguments):
        nonlocal step
        writes = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if writes or event in ("os.rename", "os.mkdir", "os.remove", "os.rmdir"):
            step -= 1
            if step == 0:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(count)

def name_of(path):
    try:
        return read_bundle(path).name
    except BundleError as error:
        assert not os.path.lexists(path), error

status, step = None, 0
while status != 0:
    step += 1
    child = os.fork()
    if child == 0:
        die_at(step)
        write_bundle(replace(bundle, name="new"), target, overwrite=True)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    found = name_of(target)
    # of one that was replaced already, some of the files may still be there
    aside = [] if found else target.parent.glob(f".{target.name}-*-old")
    print(found, *map(name_of, aside), flush=True)
    for path in target.parent.glob(".*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    if status != 0 and found != "old":
        write_bundle(replace(bundle, name="old"), target, overwrite=True)
"""
    )
    done = subprocess.run(
        [sys.executable, "-c", code, target, target], capture_output=True, text=True, check=True
    )
    found = [line.split() for line in done.stdout.splitlines()]
    assert found[0] == ["old"]
    assert found[-1][0] == "new"
    assert len(found) > (2 if name == "mine.zip" else 8)
    # a folder is replaced in two steps, between which the old one stands under a hidden name
    gone = [line for line in found if line[0] == "None"]
    assert gone == ([] if name == "mine.zip" else [["None", "old"]])
    assert read_bundle(target).name == "new"
