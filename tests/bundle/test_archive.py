"""Zip files that could do harm are refused before anything in them is unpacked."""

import io
import stat
import struct
import sys
import zipfile
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.bundle.archive import MOST_BYTES, MOST_FILES, pack, unpack
from lusscore.bundle.refusal import Refusal

NAMES = st.from_regex(
    r"([A-Za-z0-9][A-Za-z0-9._-]{0,9}/)?[A-Za-z0-9][A-Za-z0-9._-]{0,9}", fullmatch=True
)


def zipped(
    *entries: tuple[str | zipfile.ZipInfo, bytes], packed: int = zipfile.ZIP_STORED
) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", packed) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return memory.getvalue()


def entry(name: str, mode: int = 0, flags: int = 0) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(name)
    made.create_system = 3
    made.external_attr = mode << 16
    made.flag_bits |= flags
    return made


def central(data: bytes, change: Callable[[bytearray], object], number: int = 0) -> bytes:
    """Change an entry of the list at the end; offsets are those of the format's specification."""
    start = -1
    for _ in range(number + 1):
        start = data.index(b"PK\x01\x02", start + 1)
    record = bytearray(data[start : start + 46])
    change(record)
    return data[:start] + bytes(record) + data[start + 46 :]


def put(offset: int, value: int, record: bytearray) -> None:
    struct.pack_into("<I", record, offset, value)


def refusal(data: bytes) -> str:
    with pytest.raises(Refusal) as told:
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


def test_what_tells_of_machine_and_time_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    data = pack({"a": b"1"})
    monkeypatch.setattr(sys, "platform", "win32")
    assert pack({"a": b"1"}) == data
    info = zipfile.ZipFile(io.BytesIO(data)).infolist()[0]
    assert info.date_time == (1980, 1, 1, 0, 0, 0)
    assert info.create_system == 3


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
        "../evil",
        "/etc/passwd",
        "a/../../evil",
        "C:evil",
        "C:/evil",
        "\\\\server\\share",
        "a\\b",
        "a/b/c",
        "./a",
        "a//b",
        ".hidden",
        "-rf",
        "a b",
        "naïve",
        "a\nb",
        "a/",
        "x" * 300,
    ],
)
def test_names_that_no_bundle_has_are_refused(name: str) -> None:
    message = refusal(zipped(("bundle.json", b"{}"), (entry(name), b"1")))
    assert "which no bundle has" in message or "no plain file" in message
    assert len(message) < 300
    assert "\n" not in message


def test_a_nul_ends_no_name() -> None:
    data = zipped(("bundle.json", b"{}"), ("a.txt", b"1")).replace(b"a.txt", b"a\0txt")
    assert "no bundle has" in refusal(data) or "damaged" in refusal(data)


def test_the_folder_around_may_not_lead_elsewhere() -> None:
    for around in ("..", ".", "", "C:", "a\\b", "a\nb"):
        data = zipped((entry(f"{around}/bundle.json"), b"{}"), (entry(f"{around}/a"), b"1"))
        found = None
        try:
            found = unpack(data, "it")
        except Refusal:
            continue
        assert set(found) == {"bundle.json", "a"}, around


@pytest.mark.parametrize(
    ("first", "second"),
    [("a", "a"), ("a.bin", "A.BIN"), ("n/a", "N/a"), ("Networks/a", "networks/A")],
)
@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_names_twice_are_refused_whatever_their_case(first: str, second: str) -> None:
    assert "twice" in refusal(zipped((first, b"1"), (second, b"2")))


@pytest.mark.parametrize(
    "kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK, stat.S_IFDIR]
)
def test_links_and_devices_are_refused(kind: int) -> None:
    assert "link or no plain file" in refusal(zipped((entry("a", kind | 0o777), b"/etc/passwd")))


def test_encrypted_entries_are_refused() -> None:
    data = central(zipped(("a", b"1" * 20)), lambda record: record.__setitem__(8, record[8] | 1))
    assert "encrypted" in refusal(data)


def test_a_folder_with_bytes_is_refused() -> None:
    assert "no plain file" in refusal(zipped((entry("a/"), b"hidden")))


def test_only_plain_compressions_are_read() -> None:
    for packed in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        assert "neither stored nor deflated" in refusal(zipped(("a", b"1" * 99), packed=packed))
    unknown = central(zipped(("a", b"1")), lambda record: struct.pack_into("<H", record, 10, 99))
    assert "neither stored nor deflated" in refusal(unknown)


def test_what_is_packed_too_well_is_refused_unread() -> None:
    data = zipped(("zeros", bytes(8 * 1024**2)), packed=zipfile.ZIP_DEFLATED)
    assert "packed more than 200-fold" in refusal(data)


def test_more_than_can_be_in_a_bundle_is_refused_by_what_the_list_says() -> None:
    half = MOST_BYTES // 2 + 1
    data = zipped(("a", b"1"), ("b", b"1"))
    for number in (0, 1):
        data = central(data, lambda record: struct.pack_into("<I", record, 24, half), number)
    assert "more than 2 GiB" in refusal(data)


def test_entries_that_share_their_bytes_are_refused() -> None:
    data = zipped(("fA", bytes(range(256)) * 40))
    start, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    listed = b"".join(data[start:end].replace(b"fA", b"f%c" % (65 + one)) for one in range(20))
    tail = bytearray(data[end:])
    struct.pack_into("<HHI", tail, 8, 20, 20, len(listed))
    assert "overlap" in refusal(data[:start] + listed + bytes(tail))


def test_many_files_are_refused() -> None:
    many = zipped(*((f"f{number}", b"") for number in range(MOST_FILES + 1)))
    assert "more than 256 files" in refusal(many)
    few = zipped(*((f"f{number}", b"") for number in range(MOST_FILES)))
    assert len(unpack(few, "it")) == MOST_FILES
    # a list that says it has few
    end = many.rindex(b"PK\x05\x06")
    lying = bytearray(many)
    struct.pack_into("<HH", lying, end + 8, 1, 1)
    assert "256 files" in refusal(bytes(lying)) or "damaged" in refusal(bytes(lying))


def test_a_size_that_does_not_hold_is_refused() -> None:
    data = zipped(("a", b"1" * 50))
    for size in (10, 60):
        wrong = central(data, partial(put, 24, size))
        assert "damaged" in refusal(wrong) or "another size" in refusal(wrong)


def test_entries_that_point_nowhere_are_refused() -> None:
    data = zipped(("a", b"1" * 50))
    for place in (49, 10**6, 2**32 - 2):
        wrong = central(data, partial(put, 42, place))
        assert "damaged" in refusal(wrong)


def test_a_place_beyond_any_file_is_refused() -> None:
    """In the extra field of 64-bit sizes a place may be larger than the system's own numbers."""
    made = entry("a")
    made.extra = struct.pack("<HHQ", 1, 8, 2**64 - 1)
    data = zipped((made, b"1"))
    wrong = central(data, lambda record: struct.pack_into("<I", record, 42, 0xFFFFFFFF))
    assert "damaged" in refusal(wrong)


@given(st.data())
def test_a_zip_that_is_cut_off_is_refused(data: st.DataObject) -> None:
    whole = pack({"bundle.json": b"{}", "networks/a.bin": b"1" * 40})
    cut = data.draw(st.integers(0, len(whole) - 1))
    assert "cut off" in refusal(whole[:cut])


@given(st.binary(max_size=400))
def test_nonsense_is_refused_and_nothing_else_is_raised(nonsense: bytes) -> None:
    refusal(nonsense)
    refusal(b"PK\x03\x04" + nonsense + b"PK\x05\x06" + bytes(8) + b"\x01\0\x01\0" + bytes(6))


@given(st.data())
def test_whatever_byte_changes_the_files_are_the_same_or_refused(data: st.DataObject) -> None:
    files = {"bundle.json": b"{}", "networks/a.bin": b"1" * 40}
    changed = bytearray(pack(files))
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        found = unpack(bytes(changed), "it")
    except Refusal:
        return
    # names are told in one place that nothing checks; sums are, which list them
    assert sorted(found.values()) == sorted(files.values()) or len(found) < len(files)
