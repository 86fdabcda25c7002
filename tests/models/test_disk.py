"""A bundle is read whole, as it was written, or refused in a sentence."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bundle_maker import bright_frames, embed, make_bundle
from bundle_tamper import lay_out, refusal_of, sums_again
from lusscore.errors import BundleError, WriteError
from lusscore.heads import make_head
from lusscore.models import (
    Bundle,
    builtin_bundle_path,
    bundle_names,
    find_bundle,
    read_bundle,
    to_files,
    write_bundle,
)
from lusscore.models.archive import read_contents

HEADS: dict[str, dict[str, Any]] = {
    "logistic": {"pooling": "mean", "class_weight": {0: 2.0, 3: 1.5}},
    "ordinal": {"pooling": "mean-std", "context": "exam"},
    "svm": {"components": 5},
    "mil": {"epochs": 1, "attention": 8},
    "softmax": {"epochs": 1},
}


def seen_by(bundle: Bundle) -> np.ndarray:
    frames, _, _ = bright_frames(np.random.default_rng(1))
    return np.hstack([embed(network, frames[:40]) for network in bundle.networks.values()])


@pytest.mark.slow
def test_another_process_reads_the_same_and_predicts_the_same_bits(tmp_path: Path) -> None:
    """Folder and zip alike, without TensorFlow, unpickling, a network or a write."""
    clips = np.arange(40) // 4
    told = []
    for name, settings in HEADS.items():
        bundle = make_bundle(
            tmp_path / "networks", name=name, head=name, settings=settings, backbones=("a", "b")
        )
        for path in (tmp_path / name, tmp_path / f"{name}.zip"):
            written = write_bundle(bundle, path)
            assert read_bundle(path).digest == written.digest
        embeddings = seen_by(bundle)
        np.save(tmp_path / f"{name}.x.npy", embeddings)
        found = bundle.members[0].head.predict_proba(embeddings, clips=clips, exams=clips)
        np.save(tmp_path / f"{name}.p.npy", found)
        told.append([name, written.digest])
    code = """
import json, sys
from pathlib import Path
from typing import Any
import numpy as np
from threadpoolctl import threadpool_limits
from lusscore.models import read_bundle

watching = False
def watch(event, arguments):
    if not watching:
        return
    if event.startswith(("pickle.", "socket.", "subprocess.", "os.system", "os.exec", "ctypes.")):
        raise SystemExit(f"{event} {arguments}")
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        raise SystemExit(f"writes {arguments}")

sys.addaudithook(watch)
clips = np.arange(40) // 4
for name, digest in json.loads(sys.argv[1]):
    for path in (Path(name), Path(f"{name}.zip")):
        watching = True
        bundle = read_bundle(path, expect=digest)
        watching = False
        assert bundle.digest == digest
        assert bundle.folder == path
        with threadpool_limits(1):
            found = bundle.members[0].head.predict_proba(
                np.load(f"{name}.x.npy"), clips=clips, exams=clips
            )
        assert (found == np.load(f"{name}.p.npy")).all(), name
assert not {"tensorflow", "keras", "torch", "jax", "openvino"} & sys.modules.keys()
"""
    subprocess.run([sys.executable, "-c", code, json.dumps(told)], cwd=tmp_path, check=True)


@given(st.data())
def test_one_changed_byte_in_any_file_is_refused(
    files: Mapping[str, bytes], tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(files)))
    changed = bytearray(files[name])
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    folder = lay_out({**files, name: bytes(changed)}, tmp_path_factory.mktemp("changed"))
    message = refusal_of(folder)
    assert "SHA256SUMS" in message


def test_files_gone_added_renamed_or_swapped_are_refused(
    files: Mapping[str, bytes], tmp_path: Path
) -> None:
    odd: list[dict[str, bytes]] = [
        {**files, "networks/evil.xml": b"<net/>"},
        {**files, "arrays.npz": files["MODEL-CARD.md"]},
        {"README": b""},
    ]
    for name in files:
        without = {other: data for other, data in files.items() if other != name}
        odd += [without, {**without, f"{name}.old": files[name]}]
    for number, changed in enumerate(odd):
        assert "SHA256SUMS" in refusal_of(lay_out(changed, tmp_path / str(number)))
    # whoever can change a bundle can change its checksums: only the digest tells
    digest = read_bundle(lay_out(files, tmp_path / "mine")).digest
    other = lay_out(sums_again({**files, "MODEL-CARD.md": b"Approved.\n"}), tmp_path / "other")
    assert f"not the expected {digest[:16]}" in refusal_of(other, digest)


PLACES = pytest.mark.parametrize("name", ["mine", "mine.zip"])


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@PLACES
def test_it_is_there_whole_and_alone_and_replaced_only_if_asked_for(
    tiny: Bundle, files: Mapping[str, bytes], tmp_path: Path, name: str
) -> None:
    path = tmp_path / "new" / "folders" / name
    written = write_bundle(tiny, path)
    assert read_contents(path) == files
    assert (read_bundle(path).digest, written.folder) == (written.digest, path)
    other = replace(tiny, name="other")
    with pytest.raises(BundleError, match="exists; choose another --name or --output"):
        write_bundle(other, path)
    assert read_contents(path) == files
    if path.is_dir():
        (path / "arrays.npz").write_bytes(b"damaged")
    write_bundle(other, path, overwrite=True)
    assert read_bundle(path).name == "other"
    assert left_in(path.parent) == [name]


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

    def there() -> list[tuple[Path, int]]:
        return sorted((path, path.stat().st_size) for path in tmp_path.rglob("*"))

    before = there()
    for name in left_in(tmp_path):
        with pytest.raises(BundleError, match="is not a bundle, and is not overwritten"):
            write_bundle(tiny, tmp_path / name, overwrite=True)
        assert there() == before


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


def test_what_would_not_be_read_again_is_not_written(tiny: Bundle, tmp_path: Path) -> None:
    member = tiny.members[0]
    odd = [
        replace(tiny, id="1"),
        replace(tiny, name="two\nlines"),
        replace(tiny, coverage=float("nan")),
        *(replace(tiny, card={"Value": value}) for value in ({1, 2}, float("inf"), b"1", "\ud800")),
        *(replace(tiny, ood=replace(tiny.ood, limit=limit)) for limit in (0, -1, 1e31)),
        replace(tiny, card={"Escape": "\x1b[2J"}),
        replace(tiny, members=()),
        replace(tiny, members=(replace(member, head=make_head("logistic")),)),
        replace(tiny, members=(replace(member, name="svm"),)),
        replace(tiny, ood=replace(tiny.ood, mean=np.full(12, np.nan, np.float32))),
        replace(tiny, networks={}),
    ]
    for bundle in odd:
        with pytest.raises(BundleError, match=r"cannot be written, since .*; train it again\.$"):
            write_bundle(bundle, tmp_path / "mine")
    assert left_in(tmp_path) == []


def test_a_place_that_takes_no_files_is_a_sentence(tiny: Bundle, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path / "file" / "mine", tmp_path / ("x" * 300)):
        with pytest.raises(WriteError, match=r"cannot be written \(.*\); free space") as told:
            write_bundle(tiny, path)
        assert told.value.path == path


PROCESS = """
import sys
from dataclasses import replace
from pathlib import Path
from lusscore.models import read_bundle, write_bundle
from lusscore.errors import BundleError, WriteError

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
except WriteError as error:
    print(error)
"""
    )
    done = subprocess.run(
        [sys.executable, "-c", code, path, path], capture_output=True, text=True, check=True
    )
    assert "cannot be written (" in done.stdout
    assert done.stdout.startswith(f"{path}: it cannot be written (")
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
    aside = [] if found else target.parent.glob(f".{target.name}.*.old.tmp")
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


def test_the_bundle_that_comes_with_lusscore_is_whole_and_says_what_it_is() -> None:
    bundle = read_bundle(find_bundle("phantom"))
    assert bundle.synthetic
    assert find_bundle("phantom") == builtin_bundle_path()
    card = (builtin_bundle_path() / "MODEL-CARD.md").read_text(encoding="utf-8")
    assert "it says nothing about patients" in card
    # what is read is all that there is
    assert to_files(bundle).keys() == read_contents(builtin_bundle_path()).keys()
    assert to_files(bundle)["arrays.npz"] == read_contents(builtin_bundle_path())["arrays.npz"]


def test_bundles_are_found_by_path_and_by_name_and_listed(tmp_path: Path) -> None:
    folder = tmp_path / "bundles"
    assert bundle_names(folder) == []
    mine = lay_out({"bundle.json": b"{}"}, folder / "mine")
    lay_out({"bundle.json": b"{}"}, folder / ".b-0123456789ab")
    lay_out({"notes.txt": b""}, folder / "notes")
    packed = folder / "packed.zip"
    packed.write_bytes(b"")
    assert bundle_names(folder) == ["mine", "packed.zip"]
    assert bundle_names(packed) == []
    for text, place in (
        (str(mine), mine),
        ("mine", mine),
        ("packed", packed),
        ("packed.zip", packed),
        (str(packed), packed),
    ):
        assert find_bundle(text, folder) == place
    with pytest.raises(BundleError, match="there are phantom, mine, packed.zip; .*lusscore train"):
        find_bundle("c", folder)


@pytest.mark.parametrize("text", ["", "none", "a\0b", "x" * 5000, "a\nb"])
def test_what_names_no_bundle_is_a_sentence(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "results" / "bundles"
    with pytest.raises(BundleError, match=r"no bundle has this .*'lusscore train'\.$") as told:
        find_bundle(text, folder)
    assert "\n" not in str(told.value)
