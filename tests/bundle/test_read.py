"""A bundle is read whole, as it was written, or refused in a sentence."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bundle_maker import bright_frames, embed, make_bundle
from bundle_tamper import lay_out, refusal_of, sums_again
from lusscore.bundle.archive import pack
from lusscore.bundle.bundle import Bundle
from lusscore.bundle.read import read_bundle
from lusscore.bundle.write import write_bundle
from lusscore.errors import BundleError

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
from lusscore.bundle.read import read_bundle

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


def test_it_reads_what_was_written(tiny: Bundle, tmp_path: Path) -> None:
    write_bundle(tiny, tmp_path / "tiny")
    found = read_bundle(tmp_path / "tiny")
    for key in vars(tiny):
        if key not in ("members", "familiar", "networks", "digest", "folder"):
            assert getattr(found, key) == getattr(tiny, key), key
    for ours, theirs in zip(tiny.networks.values(), found.networks.values(), strict=True):
        assert vars(ours) | {"spec": None} == vars(theirs) | {"spec": None}
        assert theirs.spec.name == ours.spec.name
    member, again = tiny.members[0], found.members[0]
    assert (again.features, again.name, again.temperature) == (member.features, "logistic", 1.25)
    assert again.settings == member.settings
    for key, value in vars(tiny.familiar).items():
        np.testing.assert_array_equal(getattr(found.familiar, key), value)
    assert found.zones().name == "blue-6"


@pytest.mark.parametrize("name", ["logistic"])
def test_settings_are_all_told_with_classes_as_numbers(name: str, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path, head=name, settings=HEADS[name])
    write_bundle(bundle, tmp_path / "a")
    assert read_bundle(tmp_path / "a").members[0].settings == bundle.members[0].settings


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


@given(st.data())
def test_one_changed_byte_in_a_zip_is_refused_or_changes_nothing_that_is_read(
    files: Mapping[str, bytes], tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    whole = pack(files)
    changed = bytearray(whole)
    place = data.draw(
        st.integers(0, len(whole) - 1) | st.integers(len(whole) - 600, len(whole) - 1)
    )
    changed[place] ^= data.draw(st.integers(1, 255))
    path = tmp_path_factory.mktemp("changed") / "a.zip"
    path.write_bytes(whole)
    digest = read_bundle(path).digest
    path.write_bytes(changed)
    try:
        assert read_bundle(path).digest == digest
    except BundleError:
        refusal_of(path)


def test_files_gone_added_renamed_or_swapped_are_refused(
    files: Mapping[str, bytes], tmp_path: Path
) -> None:
    for number, name in enumerate(sorted(files)):
        without = {other: data for other, data in files.items() if other != name}
        assert "SHA256SUMS" in refusal_of(lay_out(without, tmp_path / f"gone{number}"))
        moved = {**without, f"{name}.old": files[name]}
        assert "SHA256SUMS" in refusal_of(lay_out(moved, tmp_path / f"moved{number}"))
    more = lay_out({**files, "networks/evil.xml": b"<net/>"}, tmp_path / "more")
    assert "'networks/evil.xml' is not listed in SHA256SUMS; remove it" in refusal_of(more)
    swapped = {**files, "arrays.npz": files["MODEL-CARD.md"]}
    assert "arrays.npz was changed" in refusal_of(lay_out(swapped, tmp_path / "swapped"))
    empty = lay_out({}, tmp_path / "empty")
    empty.mkdir()
    assert "it is no bundle" in refusal_of(empty)


def test_a_bundle_is_held_to_the_digest_that_was_expected(
    files: Mapping[str, bytes], tmp_path: Path
) -> None:
    folder = lay_out(files, tmp_path / "mine")
    digest = read_bundle(folder).digest
    assert read_bundle(folder, expect=digest[:12]).digest == digest
    other = lay_out(sums_again({**files, "MODEL-CARD.md": b"Approved.\n"}), tmp_path / "other")
    # whoever can change a bundle can change its checksums: only the digest tells
    assert read_bundle(other).digest != digest
    assert f"not the expected {digest[:16]}" in refusal_of(other, digest)
    assert "is no digest" in refusal_of(folder, "newest")


def test_the_zip_of_another_program_has_the_same_digest(
    files: Mapping[str, bytes], tmp_path: Path
) -> None:
    folder = lay_out(files, tmp_path / "mine")
    path = tmp_path / "mine.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in sorted(folder.rglob("*")):
            archive.write(one, one.relative_to(tmp_path))
    assert read_bundle(path).digest == read_bundle(folder).digest


def test_nothing_there_is_a_sentence(tmp_path: Path) -> None:
    assert "No bundle at" in refusal_of(tmp_path / "none")
    (tmp_path / "a.zip").write_bytes(b"")
    assert "no zip file, or is cut off" in refusal_of(tmp_path / "a.zip")
