"""Zip files in memory: the same bytes for the same files, and nothing that could do harm."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Mapping

from lusscore.bundle.names import RECORD, check_name, is_of_desktop
from lusscore.bundle.refusal import Refusal, quoted

MOST_BYTES = 2 * 1024**3
MOST_FILES = 256
# Deflate packs zeros a thousandfold; networks and heads, hardly at all.
MOST_RATIO = 200
_SMALL = 1024**2
_ENCRYPTED = 1
_DATE = (1980, 1, 1, 0, 0, 0)
# NotImplementedError: a version that Python cannot read; OverflowError: a place beyond any file
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error),
    *(EOFError, NotImplementedError, OverflowError, ValueError),
)
_END, _END_SIZE, _END64 = b"PK\x05\x06", 22, b"PK\x06\x07"


def pack(files: Mapping[str, bytes]) -> bytes:
    """Make a zip file: sorted names, one fixed date, nothing compressed.

    What compression gives differs between versions of zlib; networks and heads hardly shrink.
    """
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _DATE)
            # Python would note the kind of system it runs on
            entry.create_system = 3
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, files[name])
    return memory.getvalue()


def unpack(data: bytes, name: str) -> dict[str, bytes]:
    """Read all files of a zip file into memory; nothing is written to disk.

    Parameters
    ----------
    data
        The file.
    name
        What messages call it.

    Raises
    ------
    Refusal
        If it is damaged, a name is not that of a file in a bundle or stands there twice, an entry
        is no plain file, or there is more in it than a bundle can hold.
    """
    _check_end(data, name)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _check_sizes(entries, len(data), name)
            entries = [entry for entry in entries if not is_of_desktop(entry.orig_filename)]
            return {own: _read(archive, entry, name) for own, entry in _plain_files(entries, name)}
    except _DAMAGE as error:
        raise Refusal(f"{name} is a damaged zip file ({quoted(str(error))})") from None


def _check_end(data: bytes, name: str) -> None:
    """Refuse a list of files that would fill the memory before any of them is looked at."""
    end = data[-_END_SIZE:]
    if len(end) < _END_SIZE or not end.startswith(_END) or end[-2:] != b"\0\0":
        raise Refusal(f"{name} is no zip file, or is cut off")
    files, size = int.from_bytes(end[10:12], "little"), int.from_bytes(end[12:16], "little")
    large = data[-_END_SIZE - 20 : -_END_SIZE].startswith(_END64)
    if large or files > MOST_FILES or size > MOST_FILES * 1024:
        raise Refusal(f"{name} lists more than {MOST_FILES} files, too many for a bundle")


def _check_sizes(entries: list[zipfile.ZipInfo], size: int, name: str) -> None:
    if len(entries) > MOST_FILES:
        raise Refusal(f"{name} lists more than {MOST_FILES} files, too many for a bundle")
    if sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise Refusal(f"{name} would unpack to more than 2 GiB, too much for a bundle")
    if sum(entry.compress_size for entry in entries) > size:
        raise Refusal(f"{name} is a damaged zip file (its entries overlap, or are cut off)")
    for entry in entries:
        # the others' decoders reserve as much memory as the file tells them to
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Refusal(
                f"{name} holds {quoted(entry.orig_filename)}, which is neither stored nor deflated"
            )
        if entry.file_size > _SMALL + MOST_RATIO * entry.compress_size:
            raise Refusal(
                f"{name} holds {quoted(entry.orig_filename)} packed more than "
                f"{MOST_RATIO}-fold, as no network or head can be"
            )


def _plain_files(entries: list[zipfile.ZipInfo], name: str) -> list[tuple[str, zipfile.ZipInfo]]:
    """Pair files with their names in the bundle; entries that stand for folders are left out."""
    for entry in entries:
        is_folder = entry.orig_filename.endswith("/")
        kind = stat.S_IFMT(entry.external_attr >> 16)
        plain = kind in (0, stat.S_IFDIR if is_folder else stat.S_IFREG)
        if not plain or entry.flag_bits & _ENCRYPTED or (is_folder and entry.file_size):
            raise Refusal(
                f"{name} holds {quoted(entry.orig_filename)}, which is encrypted, a link or no "
                "plain file"
            )
    around = _folder_around([entry.orig_filename for entry in entries])
    pairs = []
    # some systems take upper and lower case for the same
    seen: set[str] = set()
    for entry in entries:
        own = entry.orig_filename[len(around) :]
        if not own:
            continue
        check_name(own.removesuffix("/"))
        if own.lower() in seen:
            raise Refusal(f"{name} holds {quoted(own)} twice")
        seen.add(own.lower())
        if not own.endswith("/"):
            pairs.append((own, entry))
    return pairs


def _folder_around(names: list[str]) -> str:
    """Return ``folder/`` if all files lie in one, as when a person packed the folder itself."""
    around = f"{names[0].partition('/')[0]}/" if names else ""
    odd = set(around) & set("\\:\0") or around in ("/", "./", "../")
    if odd or f"{around}{RECORD}" not in names:
        return ""
    return around if all(name.startswith(around) for name in names) else ""


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> bytes:
    """Read a file, and no more of it than its entry tells."""
    with archive.open(entry) as file:
        data = file.read(entry.file_size + 1)
    if len(data) != entry.file_size:
        raise Refusal(f"{name} holds {quoted(entry.orig_filename)} with another size than it tells")
    return data
