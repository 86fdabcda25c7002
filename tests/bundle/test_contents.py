import os
import sys
import zipfile
from pathlib import Path

import pytest

from bundle_tamper import lay_out
from lusscore.bundle.archive import pack
from lusscore.bundle.contents import read_contents
from lusscore.bundle.refusal import Refusal
from lusscore.errors import BundleError

FILES = {"bundle.json": b"{}", "networks/a.bin": b"weights"}


def test_a_folder_and_a_zip_hold_the_same(tmp_path: Path) -> None:
    folder = lay_out(FILES, tmp_path / "mine")
    zipped = tmp_path / "mine.zip"
    zipped.write_bytes(pack(FILES))
    assert read_contents(folder) == read_contents(zipped) == FILES


def test_files_of_the_desktop_do_no_harm(tmp_path: Path) -> None:
    folder = lay_out(FILES, tmp_path / "mine")
    for name in (".DS_Store", "networks/.DS_Store", "Thumbs.db", "desktop.ini"):
        (folder / name).write_bytes(b"view")
    assert read_contents(folder) == FILES
    # as Finder packs a folder
    packed = {f"mine/{name}": data for name, data in FILES.items()}
    packed |= {"mine/.DS_Store": b"view", "__MACOSX/mine/._bundle.json": b"attributes"}
    zipped = tmp_path / "mine.zip"
    zipped.write_bytes(pack(packed))
    assert read_contents(zipped) == FILES


@pytest.mark.parametrize("name", [".git", "networks/inner/a.bin", "notes to self.txt", "-x"])
def test_names_that_no_bundle_has_are_refused(tmp_path: Path, name: str) -> None:
    folder = lay_out({**FILES, name: b""}, tmp_path / "mine")
    with pytest.raises(Refusal, match="which no bundle has") as told:
        read_contents(folder)
    assert told.value.advice.startswith("remove it")


def test_links_and_devices_in_a_folder_are_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    for kind in ("link", "pipe"):
        folder = lay_out(FILES, tmp_path / kind)
        try:
            if kind == "link":
                (folder / "arrays.npz").symlink_to(secret)
            else:
                os.mkfifo(folder / "arrays.npz")
        except (OSError, AttributeError):
            pytest.skip("needs a system, and the right, to make links and pipes")
        with pytest.raises(Refusal, match=r"'arrays.npz', which is a link or no plain file"):
            read_contents(folder)


def test_a_linked_folder_inside_is_not_followed(tmp_path: Path) -> None:
    folder = lay_out({"bundle.json": b"{}"}, tmp_path / "mine")
    try:
        (folder / "networks").symlink_to(tmp_path, target_is_directory=True)
    except OSError:
        pytest.skip("needs the right to make links")
    with pytest.raises(Refusal, match="'networks', which is a link"):
        read_contents(folder)


def test_many_and_large_files_are_refused_unread(tmp_path: Path) -> None:
    many = lay_out({f"f{number}": b"" for number in range(257)}, tmp_path / "many")
    with pytest.raises(Refusal, match="more than 256 files"):
        read_contents(many)
    folder = lay_out(FILES, tmp_path / "large")
    for path in (folder / "networks" / "a.bin", tmp_path / "large.zip"):
        with path.open("wb") as file:
            # holes take no place on the disk
            file.truncate(2 * 1024**3 + 1)
    for place in (folder, tmp_path / "large.zip"):
        with pytest.raises(Refusal, match="more than 2 GiB|larger than 2 GiB"):
            read_contents(place)


def test_what_is_not_there_or_cannot_be_read_is_said(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path / "none.zip", Path("a\0b")):
        with pytest.raises(BundleError, match="^No bundle at '.*; check the path, or train one"):
            read_contents(path)
    file = tmp_path / "file.zip"
    file.write_bytes(b"no zip")
    with pytest.raises(Refusal, match="it is no zip file, or is cut off"):
        read_contents(file)
    with pytest.raises(BundleError, match=r"cannot be read \(|No bundle at"):
        read_contents(file / "inside")


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="needs a user whom permissions hold"
)
def test_a_folder_kept_from_us_is_a_sentence(tmp_path: Path) -> None:
    folder = lay_out(FILES, tmp_path / "mine")
    folder.chmod(0)
    try:
        with pytest.raises(BundleError, match="cannot be read"):
            read_contents(folder)
    finally:
        folder.chmod(0o700)


def test_what_another_program_zipped_is_read(tmp_path: Path) -> None:
    folder = lay_out(FILES, tmp_path / "mine")
    path = tmp_path / "mine.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in sorted(folder.rglob("*")):
            archive.write(one, one.relative_to(tmp_path))
    assert read_contents(path) == FILES
