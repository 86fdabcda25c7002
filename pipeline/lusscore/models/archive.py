"""The files of a bundle in memory: their names, zips and checksums, and nothing that could harm.

What is wrong inside a bundle is a :class:`lusscore.errors.BundleError` that names no path: whoever
knows the bundle's adds it.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from lusscore.errors import BundleError, LusscoreError
from lusscore.records import quoted

AGAIN = "get the bundle again, or train it again with 'lusscore train'"
ZIP_SUFFIX = ".zip"
RECORD, ARRAYS, CARD, SUMS = "bundle.json", "arrays.npz", "MODEL-CARD.md", "SHA256SUMS"
NETWORKS = "networks"
# ASCII, one folder deep: nothing that could be another place, or the same place twice
_PART = r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}"
_NAME = re.compile(rf"({_PART}/)?{_PART}")
_KNOWN = re.compile(
    "|".join([*map(re.escape, (RECORD, ARRAYS, CARD, SUMS)), rf"{NETWORKS}/{_PART}\.(?:xml|bin)"])
)

_OF_DESKTOPS = (".DS_Store", "Thumbs.db", "desktop.ini")
# names of devices on Windows, and those that stand in for others
_RESERVED = re.compile(
    r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?|network-[0-9]+", re.IGNORECASE
)
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
_SUM = re.compile(rb"([0-9a-f]{64})  ([\x21-\x7e]{1,500})")
# as many as a report shows
_LEAST_DIGITS = 12
_MOST_SUMS = 256 * 1024


def refusal(what: str, advice: str = AGAIN) -> BundleError:
    """Make the error of a bundle in which something is not what lusscore writes."""
    return BundleError(what, advice=advice)


def clause(error: object) -> str:
    """Make a clause of another error or problem, without its advice and not without end."""
    text = error.what if isinstance(error, LusscoreError) else str(error)
    text = " ".join(text.split()).partition("; ")[0].rstrip(".")
    return text if len(text) <= 300 else f"{text[:297]}..."


def check_name(name: str) -> str:
    """Return the name of a file in a bundle.

    Raises
    ------
    BundleError
        If it could name a place outside the bundle, or is written unlike any name of lusscore's.
    """
    if not _NAME.fullmatch(name):
        raise refusal(
            f"it holds a file named {quoted(name)}, which no bundle has", f"remove it, or {AGAIN}"
        )
    return name


def is_of_desktop(name: str) -> bool:
    """Tell whether a system that shows folders, or packs them, has put a file there by itself."""
    return name.startswith("__MACOSX/") or name.rpartition("/")[2] in _OF_DESKTOPS


def is_known(name: str) -> bool:
    """Tell whether a file of this name belongs into a bundle."""
    return _KNOWN.fullmatch(name) is not None


def network_stems(backbones: Iterable[str]) -> list[str]:
    """Name the files of networks, by their backbones where those make good names of files."""
    stems: list[str] = []
    taken: set[str] = set()
    for number, backbone in enumerate(backbones):
        good = re.fullmatch(_PART, backbone) and len(backbone) < 100
        # some systems take upper and lower case for the same
        if not good or _RESERVED.fullmatch(backbone) or backbone.lower() in taken:
            backbone = f"network-{number}"
        taken.add(backbone.lower())
        stems.append(f"{NETWORKS}/{backbone}")
    return stems


def read_contents(path: Path) -> dict[str, bytes]:
    """Read all files of the bundle at `path`, by their names in it with ``/``.

    Raises
    ------
    BundleError
        If nothing is there or it cannot be read, one is no plain file or has a name that no
        bundle has, or all are more than a bundle can hold.
    """
    try:
        if path.is_dir():
            return _read_folder(path)
        if path.stat().st_size > MOST_BYTES:
            raise refusal("it is larger than 2 GiB, too much for a bundle")
        if not path.is_file():
            raise refusal("it is neither a folder nor a file")
        return unpack(path.read_bytes(), "it")
    # ValueError: a path with a NUL
    except (FileNotFoundError, ValueError):
        raise BundleError(
            "there is no bundle",
            path=repr(str(path)),
            advice="check the path, or train one with 'lusscore train'",
        ) from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise refusal(
            f"it cannot be read ({reason})", "check its permissions and the disk"
        ) from None


def _read_folder(folder: Path) -> dict[str, bytes]:
    found = _list_folder(folder)
    if sum(size for _, size in found.values()) > MOST_BYTES:
        raise refusal("it holds more than 2 GiB, too much for a bundle")
    contents = {}
    for name, (path, size) in found.items():
        with path.open("rb") as file:
            # a file that grows meanwhile is not read without end
            contents[name] = file.read(size + 1)
    return contents


def _list_folder(folder: Path, inside: str = "") -> dict[str, tuple[Path, int]]:
    found: dict[str, tuple[Path, int]] = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            if is_of_desktop(entry.name) and entry.is_file(follow_symlinks=False):
                continue
            name = check_name(f"{inside}{entry.name}")
            if entry.is_dir(follow_symlinks=False):
                found |= _list_folder(Path(entry.path), f"{name}/")
            elif entry.is_file(follow_symlinks=False):
                found[name] = (Path(entry.path), entry.stat(follow_symlinks=False).st_size)
            else:
                raise refusal(f"it holds {quoted(name)}, which is a link or no plain file")
            if len(found) > MOST_FILES:
                raise refusal(f"it holds more than {MOST_FILES} files, too many for a bundle")
    return found


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
    BundleError
        If it is damaged, a name is not that of a file in a bundle or stands there twice, an entry
        is no plain file, or there is more in it than a bundle can hold.
    """
    _check_end(data, name)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _check_sizes(entries, len(data), name)
            entries = [entry for entry in entries if not is_of_desktop(entry.orig_filename)]
            return {
                own: _read_entry(archive, entry, name) for own, entry in _plain_files(entries, name)
            }
    except _DAMAGE as error:
        raise refusal(f"{name} is a damaged zip file ({quoted(str(error))})") from None


def _check_end(data: bytes, name: str) -> None:
    """Refuse a list of files that would fill the memory before any of them is looked at."""
    end = data[-_END_SIZE:]
    if len(end) < _END_SIZE or not end.startswith(_END) or end[-2:] != b"\0\0":
        raise refusal(f"{name} is no zip file, or is cut off")
    files, size = int.from_bytes(end[10:12], "little"), int.from_bytes(end[12:16], "little")
    large = data[-_END_SIZE - 20 : -_END_SIZE].startswith(_END64)
    if large or files > MOST_FILES or size > MOST_FILES * 1024:
        raise refusal(f"{name} lists more than {MOST_FILES} files, too many for a bundle")


def _check_sizes(entries: list[zipfile.ZipInfo], size: int, name: str) -> None:
    if len(entries) > MOST_FILES:
        raise refusal(f"{name} lists more than {MOST_FILES} files, too many for a bundle")
    if sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise refusal(f"{name} would unpack to more than 2 GiB, too much for a bundle")
    if sum(entry.compress_size for entry in entries) > size:
        raise refusal(f"{name} is a damaged zip file (its entries overlap, or are cut off)")
    for entry in entries:
        # the others' decoders reserve as much memory as the file tells them to
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise refusal(
                f"{name} holds {quoted(entry.orig_filename)}, which is neither stored nor deflated"
            )
        if entry.file_size > _SMALL + MOST_RATIO * entry.compress_size:
            raise refusal(
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
            raise refusal(
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
            raise refusal(f"{name} holds {quoted(own)} twice")
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


def _read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> bytes:
    """Read a file, and no more of it than its entry tells."""
    with archive.open(entry) as file:
        data = file.read(entry.file_size + 1)
    if len(data) != entry.file_size:
        raise refusal(f"{name} holds {quoted(entry.orig_filename)} with another size than it tells")
    return data


def write_sums(files: Mapping[str, bytes]) -> bytes:
    """Return the list for `files`, sorted by name."""
    return b"".join(
        f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n".encode()
        for name in sorted(files)
        if name != SUMS
    )


def check_sums(files: Mapping[str, bytes]) -> str:
    """Verify all files and return the bundle's digest, the SHA-256 of the list itself.

    Raises
    ------
    BundleError
        If the list is missing or not as lusscore writes it, or a file is missing, is not listed,
        or has other bytes.
    """
    if SUMS not in files:
        if RECORD not in files:
            raise refusal(
                f"it is no bundle, as it has neither {SUMS} nor {RECORD}",
                "give the folder or .zip that 'lusscore train' wrote",
            )
        raise refusal(f"it has no {SUMS}, so that nothing in it can be verified")
    listed = _listed(files[SUMS])
    others = set(files) - {SUMS}
    for name in sorted(listed.keys() - others):
        raise refusal(f"the file {quoted(name)}, which {SUMS} lists, is missing")
    for name in sorted(others - listed.keys()):
        raise refusal(f"the file {quoted(name)} is not listed in {SUMS}", f"remove it, or {AGAIN}")
    for name, digest in listed.items():
        if hashlib.sha256(files[name]).hexdigest() != digest:
            raise refusal(f"{name} was changed or damaged: its checksum is not the one in {SUMS}")
    if write_sums(files) != files[SUMS]:
        raise refusal(f"{SUMS} is not in the order in which lusscore writes it")
    return hashlib.sha256(files[SUMS]).hexdigest()


def check_digest(digest: str, expect: str) -> None:
    """Refuse a bundle that is not the one expected.

    Parameters
    ----------
    digest
        Of the bundle.
    expect
        The digest that it must have, or the first 12 digits of it or more.

    Raises
    ------
    BundleError
        If it has another, or `expect` is no digest.
    """
    wanted = expect.strip().lower()
    if not re.fullmatch(rf"[0-9a-f]{{{_LEAST_DIGITS},64}}", wanted):
        raise refusal(
            f"{quoted(expect)} is no digest to compare it with",
            f"give at least {_LEAST_DIGITS} of the hexadecimal digits that a report shows",
        )
    if not digest.startswith(wanted):
        raise refusal(
            f"it has the digest {digest[:16]}, not the expected {wanted[:16]}",
            "get the bundle that was meant, or ask whoever trained it which digest is right",
        )


def _listed(data: bytes) -> dict[str, str]:
    if len(data) > _MOST_SUMS:
        raise refusal(f"{SUMS} lists more than a bundle can hold")
    lines = data.split(b"\n")
    found: dict[str, str] = {}
    for number, line in enumerate(lines[:-1], start=1):
        match = _SUM.fullmatch(line)
        if match is None:
            raise refusal(f"line {number} of {SUMS} is no checksum and name")
        name = match[2].decode()
        if name in found:
            raise refusal(f"{SUMS} lists {quoted(name)} twice")
        found[name] = match[1].decode()
    if lines[-1] or not found:
        raise refusal(f"{SUMS} is cut off")
    return found
