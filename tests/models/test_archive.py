"""Zip files that could do harm are refused before anything in them is unpacked."""

import io
import os
import re
import shutil
import struct
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from bundle_tamper import lay_out
from lusscore.errors import BundleError
from lusscore.models.archive import (
    MOST_BYTES,
    MOST_FILES,
    check_digest,
    check_name,
    check_sums,
    is_known,
    network_stems,
    pack,
    pack_arrays,
    read_contents,
    unpack,
    unpack_arrays,
    write_sums,
)

NAMES = st.from_regex(
    r"([A-Za-z0-9][A-Za-z0-9._-]{0,9}/)?[A-Za-z0-9][A-Za-z0-9._-]{0,9}", fullmatch=True
)


def zipped(*entries: tuple[str, bytes], packed: int = zipfile.ZIP_STORED) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", packed) as archive:
        for name, data in entries:
            archive.writestr(zipfile.ZipInfo(name), data, packed)
    return memory.getvalue()


def central(data: bytes, change: Callable[[bytearray], object]) -> bytes:
    """Change all entries of the list at the end, at offsets of the format's specification."""
    changed = bytearray(data)
    for found in re.finditer(b"PK\x01\x02", data):
        record = changed[found.start() : found.start() + 46]
        change(record)
        changed[found.start() : found.start() + 46] = record
    return bytes(changed)


def refusal(data: bytes) -> str:
    with pytest.raises(BundleError) as told:
        unpack(data, "it")
    return str(told.value)


@given(st.dictionaries(NAMES, st.binary(max_size=200), min_size=1, max_size=8))
def test_files_come_back_and_the_same_files_are_the_same_bytes(files: dict[str, bytes]) -> None:
    if len({name.lower() for name in files}) < len(files):
        return
    data = pack(files)
    # a folder of the name of a file cannot be on a disk, and is no matter in memory
    found = unpack(data, "it")
    assert found == files
    assert pack(dict(reversed(files.items()))) == data


def test_a_folder_that_a_person_packed_is_read() -> None:
    data = zipped(
        ("mine/", b""),
        ("mine/bundle.json", b"{}"),
        ("mine/networks/", b""),
        ("mine/networks/a.bin", b"1"),
        packed=zipfile.ZIP_DEFLATED,
    )
    assert unpack(data, "it") == {"bundle.json": b"{}", "networks/a.bin": b"1"}


@pytest.mark.parametrize(
    "name",
    [
        *("../evil", "/etc/passwd", "a/../../evil", "C:/evil", "\\\\server\\share"),
        *("a/b/c", ".hidden", "a b", "a\nb", "x" * 300),
    ],
)
def test_names_that_no_bundle_has_are_refused(name: str) -> None:
    message = refusal(zipped(("bundle.json", b"{}"), (name, b"1")))
    assert "which no bundle has" in message
    assert len(message) < 300
    assert message.isprintable()


@pytest.mark.parametrize(
    ("first", "second"),
    [("a", "a"), ("a.bin", "A.BIN"), ("n/a", "N/a"), ("Networks/a", "networks/A")],
)
@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_names_twice_are_refused_whatever_their_case(first: str, second: str) -> None:
    assert "twice" in refusal(zipped((first, b"1"), (second, b"2")))


def shared() -> bytes:
    """Twenty entries of the same bytes."""
    data = zipped(("fA", bytes(range(256)) * 40))
    start, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    listed = b"".join(data[start:end].replace(b"fA", b"f%c" % (65 + one)) for one in range(20))
    tail = bytearray(data[end:])
    struct.pack_into("<HHI", tail, 8, 20, 20, len(listed))
    return data[:start] + listed + bytes(tail)


PLAIN = zipped(("a", b"1" * 50), ("b", b"1"))


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (central(PLAIN, lambda record: record.__setitem__(8, record[8] | 1)), "encrypted"),
        (central(PLAIN, lambda record: struct.pack_into("<I", record, 24, 60)), "another size"),
        (central(PLAIN, lambda record: struct.pack_into("<I", record, 42, 10**6)), "damaged"),
        (shared(), "overlap"),
        (zipped(("a", b"1" * 99), packed=zipfile.ZIP_BZIP2), "not by deflate"),
        (zipped(("a", b"1" * 99), packed=zipfile.ZIP_LZMA), "not by deflate"),
        (central(PLAIN, lambda record: struct.pack_into("<H", record, 10, 99)), "not by deflate"),
        (zipped(("a", bytes(8 * 1024**2)), packed=zipfile.ZIP_DEFLATED), "more than 200-fold"),
        (
            central(PLAIN, lambda record: struct.pack_into("<I", record, 24, MOST_BYTES // 2 + 1)),
            "more than 256 files or 2 GiB",
        ),
        (zipped(*((f"f{k}", b"") for k in range(MOST_FILES + 1))), "more than 256 files or 2 GiB"),
    ],
    ids=range(10),
)
def test_what_no_bundle_is_packed_as_is_refused_before_it_is_unpacked(
    data: bytes, what: str
) -> None:
    assert what in refusal(data)


@given(st.binary(max_size=400))
def test_nonsense_is_refused_and_nothing_else_is_raised(nonsense: bytes) -> None:
    refusal(nonsense)
    refusal(pack({"bundle.json": nonsense})[:-1])
    refusal(b"PK\x03\x04" + nonsense + b"PK\x05\x06" + bytes(8) + b"\x01\0\x01\0" + bytes(6))


@given(st.data())
def test_whatever_byte_changes_the_files_are_the_same_or_refused(data: st.DataObject) -> None:
    files = {"bundle.json": b"{}", "networks/a.bin": b"1" * 40}
    changed = bytearray(pack(files))
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        found = unpack(bytes(changed), "it")
    except BundleError:
        return
    # names are told in one place that nothing checks; sums are, which list them
    assert sorted(found.values()) == sorted(files.values()) or len(found) < len(files)


@given(st.text(max_size=30))
def test_no_name_leads_out_of_the_bundle(name: str) -> None:
    try:
        check_name(name)
    except BundleError:
        return
    assert name.isascii()
    assert name.count("/") <= 1
    assert not re.search(r"(^|/)\.|\\|:|//|\n", name)


@given(
    st.lists(
        st.text(max_size=12) | st.sampled_from(["a", "A", "network-1", "network-2", "Network-1"]),
        max_size=6,
        unique=True,
    )
)
def test_stems_are_good_names_and_differ_on_every_disk(backbones: list[str]) -> None:
    stems = network_stems(backbones)
    assert len({stem.lower() for stem in stems}) == len(backbones)
    assert all(is_known(f"{stem}.bin") and check_name(f"{stem}.xml") for stem in stems)


FILES = {"bundle.json": b"{}", "arrays.npz": b"123", "networks/a.bin": b"weights"}


def test_files_of_the_desktop_do_no_harm(tmp_path: Path) -> None:
    folder = lay_out(FILES, tmp_path / "mine")
    for name in (".DS_Store", "networks/.DS_Store", "Thumbs.db", "desktop.ini"):
        (folder / name).write_bytes(b"view")
    assert read_contents(folder) == FILES
    # as Finder packs a folder
    packed = {f"mine/{name}": data for name, data in FILES.items()}
    packed |= {"mine/.DS_Store": b"view", "__MACOSX/mine/._bundle.json": b"attributes"}
    assert unpack(pack(packed), "it") == FILES


@pytest.mark.parametrize("name", [".git", "networks/inner/a.bin", "notes to self.txt", "-x"])
def test_a_folder_with_names_that_no_bundle_has_is_refused(tmp_path: Path, name: str) -> None:
    folder = lay_out({**FILES, name: b""}, tmp_path / "mine")
    with pytest.raises(BundleError, match="which no bundle has") as told:
        read_contents(folder)
    assert told.value.advice.startswith("remove it")


@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_links_and_devices_in_a_folder_are_refused(tmp_path: Path, kind: str) -> None:
    folder = lay_out({"bundle.json": b"{}"}, tmp_path / "mine")
    (tmp_path / "secret").write_bytes(b"secret")
    odd = folder / "arrays.npz"
    try:
        if kind == "pipe":
            os.mkfifo(odd)
        else:
            odd.symlink_to(tmp_path / "secret" if kind == "link" else tmp_path)
    except (OSError, AttributeError):
        pytest.skip("needs a system, and the right, to make links and pipes")
    with pytest.raises(BundleError, match=r"'arrays.npz', which is a link or no plain file"):
        read_contents(folder)


def test_many_and_large_files_are_refused_unread(tmp_path: Path) -> None:
    many = lay_out({f"f{number}": b"" for number in range(MOST_FILES + 1)}, tmp_path / "many")
    folder = lay_out(FILES, tmp_path / "large")
    for path in (folder / "networks" / "a.bin", tmp_path / "large.zip"):
        with path.open("wb") as file:
            file.truncate(MOST_BYTES + 1)  # holes take no place on the disk
    for place in (many, folder, tmp_path / "large.zip"):
        with pytest.raises(BundleError, match="more than 256 files or 2 GiB"):
            read_contents(place)


def test_what_is_not_there_or_cannot_be_read_is_said(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path / "none.zip", Path("a\0b")):
        with pytest.raises(BundleError, match="^'.*no bundle; check the path, or train"):
            read_contents(path)
    file = tmp_path / "file.zip"
    file.write_bytes(b"no zip")
    with pytest.raises(BundleError, match="it is no zip file, or a damaged one"):
        read_contents(file)


def whole() -> dict[str, bytes]:
    return FILES | {"SHA256SUMS": write_sums(FILES)}


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="needs sha256sum")
def test_sha256sum_checks_it(tmp_path: Path) -> None:
    lay_out(whole(), tmp_path)
    subprocess.run(["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=tmp_path, check=True)


def test_the_list_has_one_form() -> None:
    files = whole()
    lines = files["SHA256SUMS"].splitlines(keepends=True)
    for odd in (
        b"".join(reversed(lines)),
        lines[0] + b"".join(lines),
        files["SHA256SUMS"][:-1],
        b"".join(line.replace(b"  ", b" *") for line in lines),
        lines[0] + lines[1].upper() + lines[2],
        b"".join(line.replace(b"\n", b"\r\n") for line in lines),
        b"",
    ):
        with pytest.raises(BundleError, match="SHA256SUMS"):
            check_sums({**files, "SHA256SUMS": odd})


def test_an_expected_digest_may_be_cut_short_but_not_too_short() -> None:
    digest = check_sums(whole())
    for expect in (digest, digest[:12], digest.upper(), f" {digest[:20]}\n"):
        check_digest(digest, expect)
    other = ("0" if digest[0] != "0" else "1") + digest[1:]
    with pytest.raises(BundleError, match=f"has the digest {digest[:16]}, not the expected"):
        check_digest(digest, other)
    for expect in ("", digest[:11], digest + "0", "latest", "*" * 64, "x" * 5000):
        with pytest.raises(BundleError, match="is no digest to compare it with") as told:
            check_digest(digest, expect)
        assert len(str(told.value)) < 200
        assert "at least 12 of the hexadecimal digits" in told.value.advice


KINDS = ["<f2", "<f4", "<f8", "i1", "<i2", "<i4", "<i8", "u1", "<u2", "<u4", "<u8"]


def refuse_arrays(data: bytes) -> None:
    with pytest.raises(BundleError, match=r"arrays\.npz: a\.npy is no array of finite") as told:
        unpack_arrays(data)
    assert len(str(told.value)) < 400


@given(
    st.sampled_from(KINDS).flatmap(
        lambda kind: arrays_of.arrays(
            kind,
            arrays_of.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
            elements={"allow_nan": False, "allow_infinity": False} if "f" in kind else None,
        )
    ),
    st.sampled_from("CF"),
)
def test_arrays_come_back_bit_for_bit_in_their_order(array: np.ndarray, order: Any) -> None:
    array = np.array(array, order=order)
    data = pack_arrays({"head0.coef": array})
    found = unpack_arrays(data)["head0.coef"]
    assert found.dtype == array.dtype
    assert found.shape == array.shape
    assert found.tobytes("A") == array.tobytes("A")
    assert found.flags.f_contiguous == array.flags.f_contiguous
    assert found.flags.writeable
    assert pack_arrays({"head0.coef": found}) == data


def test_numpy_reads_the_file_and_what_numpy_writes_is_read() -> None:
    arrays = {"a": np.arange(6.0).reshape(2, 3), "b.c": np.ones(3, np.int64)}
    with np.load(io.BytesIO(pack_arrays(arrays)), allow_pickle=False) as file:
        np.testing.assert_equal(dict(file), arrays)
    for write in (np.savez, np.savez_compressed):
        memory = io.BytesIO()
        write(memory, **arrays)  # type: ignore[arg-type]
        np.testing.assert_equal(unpack_arrays(memory.getvalue()), arrays)


HEADER = b"{'descr': '<f8', 'fortran_order': False, 'shape': %b, }\n"


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"{'descr': (",
        b"{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n",
        b"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }\n",
        b"__import__('os').system('true')\n",
        b"(" * 9000,
        *(HEADER % shape for shape in (b"(-1,)", b"(2,)", b"(9223372036854775807,)", b"()", b"x")),
        HEADER % b"(1000000, 1000000, 1000000, 1000000)",
        HEADER % (b"(" + b"9" * 5000 + b",)"),
    ],
)
def test_what_is_no_array_or_not_whole_is_refused_in_a_sentence(header: bytes) -> None:
    magic = b"\x93NUMPY\x01\x00"
    length = len(header).to_bytes(2, "little")
    refuse_arrays(pack({"a.npy": magic + length + header + bytes(4)}))
