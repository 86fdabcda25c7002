from pathlib import Path

import pytest

from bundle_tamper import lay_out
from lusscore.bundle.builtin import builtin_bundle_path, bundle_names, find_bundle
from lusscore.bundle.contents import read_contents
from lusscore.bundle.read import read_bundle
from lusscore.bundle.record import to_files
from lusscore.errors import BundleError


def test_the_bundle_that_comes_with_lusscore_is_whole_and_says_what_it_is() -> None:
    bundle = read_bundle(find_bundle("phantom"))
    assert bundle.synthetic
    assert find_bundle("phantom") == builtin_bundle_path()
    card = (builtin_bundle_path() / "MODEL-CARD.md").read_text(encoding="utf-8")
    assert "it says nothing about patients" in card
    # what is read is all that there is
    assert to_files(bundle).keys() == read_contents(builtin_bundle_path()).keys()
    assert to_files(bundle)["arrays.npz"] == read_contents(builtin_bundle_path())["arrays.npz"]


def test_a_bundle_is_found_by_path_and_by_name(tmp_path: Path) -> None:
    folder = tmp_path / "bundles"
    mine = lay_out({"bundle.json": b"{}"}, folder / "mine")
    (folder / "packed.zip").write_bytes(b"")
    assert find_bundle(str(mine), folder) == mine
    assert find_bundle("mine", folder) == mine
    assert find_bundle("packed", folder) == folder / "packed.zip"
    assert find_bundle("packed.zip", folder) == folder / "packed.zip"
    assert find_bundle(str(folder / "packed.zip")) == folder / "packed.zip"


def test_those_that_are_there_are_listed(tmp_path: Path) -> None:
    folder = tmp_path / "bundles"
    assert bundle_names(folder) == []
    lay_out({"bundle.json": b"{}"}, folder / "b")
    lay_out({"bundle.json": b"{}"}, folder / ".b-0123456789ab")
    lay_out({"notes.txt": b""}, folder / "notes")
    (folder / "a.zip").write_bytes(b"")
    assert bundle_names(folder) == ["a.zip", "b"]
    assert bundle_names(folder / "a.zip") == []
    with pytest.raises(BundleError, match="there are phantom, a.zip, b, and 'lusscore train'"):
        find_bundle("c", folder)


def test_a_folder_that_is_no_bundle_is_told_as_one(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="is a folder and no bundle, as it has no bundle.json"):
        find_bundle(str(tmp_path), tmp_path)


@pytest.mark.parametrize("text", ["", "none", "a\0b", "x" * 5000, "a\nb"])
def test_what_names_no_bundle_is_a_sentence(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "results" / "bundles"
    with pytest.raises(BundleError, match=r"^No bundle '.*makes another\.$") as told:
        find_bundle(text, folder)
    assert "\n" not in str(told.value)
