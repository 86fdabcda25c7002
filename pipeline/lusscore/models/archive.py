"""The files of a bundle in memory: their names, zips, arrays and checksums.

What is wrong inside a bundle is a :class:`lusscore.errors.BundleError` that names no path: whoever
knows the bundle's adds it. Nothing is unpacked to disk, and no code of a bundle is run.
"""

from __future__ import annotations

import hashlib
import io
import re
import stat
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from lusscore.errors import BundleError, LusscoreError
from lusscore.records import quoted

AGAIN = "get the bundle again, or train it again with 'lusscore train'"
ZIP_SUFFIX = ".zip"
RECORD, ARRAYS, CARD, SUMS = "bundle.json", "arrays.npz", "MODEL-CARD.md", "SHA256SUMS"
MOST_BYTES = 2 * 1024**3
MOST_FILES = 256
Arrays = dict[str, NDArray[Any]]

# ASCII, one folder deep: nothing that could be another place, or the same place twice
_PART = r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}"
_NAME = re.compile(rf"({_PART}/)?{_PART}")
_KNOWN = re.compile(
    rf"bundle\.json|arrays\.npz|MODEL-CARD\.md|SHA256SUMS|networks/{_PART}\.(xml|bin)"
)
# what a system puts there by itself that shows folders, or packs them
_OF_DESKTOPS = re.compile(r"__MACOSX/.*|(.*/)?(\.DS_Store|Thumbs\.db|desktop\.ini)", re.DOTALL)
# names of devices on Windows, and those that stand in for others
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?|network-[0-9]+")
# Deflate packs zeros a thousandfold; networks and heads, hardly at all.
_MOST_RATIO = 200
_SMALL = 1024**2
_DATE = (1980, 1, 1, 0, 0, 0)
# what zipfile raises of a damaged file; RuntimeError: encrypted; OverflowError: beyond any file
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError),
    *(NotImplementedError, OverflowError, ValueError),
)
_NO_ARRAY = (ValueError, TypeError, OverflowError, MemoryError, SyntaxError, tokenize.TokenError)
# as many as a report shows
_LEAST_DIGITS = 12


def refusal(what: str, advice: str = AGAIN) -> BundleError:
    """Make the error of a bundle in which something is not what lusscore writes."""
    return BundleError(what, advice=advice)


def clause(error: object) -> str:
    """Make a short clause of another error or problem, without its advice."""
    text = error.what if isinstance(error, LusscoreError) else str(error)
    text = " ".join(text.split()).partition("; ")[0].rstrip(".")
    return text if len(text) <= 300 else f"{text[:297]}..."


def check_name(name: str) -> str:
    """Return the name of a file in a bundle; refuse one that could name a place outside it."""
    if not _NAME.fullmatch(name):
        raise refusal(
            f"it holds a file named {quoted(name)}, which no bundle has", f"remove it, or {AGAIN}"
        )
    return name


def is_known(name: str) -> bool:
    """Tell whether a file of this name belongs into a bundle."""
    return _KNOWN.fullmatch(name) is not None


def network_stems(backbones: Iterable[str]) -> list[str]:
    """Name the files of networks, by their backbones where those make good names of files."""
    stems: list[str] = []
    taken: set[str] = set()
    for number, backbone in enumerate(backbones):
        # some systems take upper and lower case for the same
        low = backbone.lower()
        good = re.fullmatch(_PART, backbone) and len(backbone) < 100
        if not good or _RESERVED.fullmatch(low) or low in taken:
            backbone = low = f"network-{number}"
        taken.add(low)
        stems.append(f"networks/{backbone}")
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
        _check_total(1, path.stat().st_size, "it")
        if not path.is_file():
            raise refusal("it is neither a folder nor a file")
        return unpack(path.read_bytes(), "it")
    except (FileNotFoundError, ValueError):  # ValueError: a path with a NUL
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
    files: dict[str, Path] = {}
    for path in folder.rglob("*"):  # follows no links
        name = path.relative_to(folder).as_posix()
        plain = path.is_file() and not path.is_symlink()
        if plain and _OF_DESKTOPS.fullmatch(name):
            continue
        check_name(name)
        if plain:
            files[name] = path
            _check_total(len(files), 0, "it")
        elif path.is_symlink() or not path.is_dir():
            raise refusal(f"it holds {quoted(name)}, which is a link or no plain file")
    _check_total(0, sum(path.stat().st_size for path in files.values()), "it")
    return {name: path.read_bytes() for name, path in files.items()}


def _check_total(files: int, size: int, name: str) -> None:
    if files > MOST_FILES or size > MOST_BYTES:
        raise refusal(f"{name} holds more than {MOST_FILES} files or 2 GiB, too much for a bundle")


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
    """Read all files of a zip file into memory; messages call it `name`.

    Raises
    ------
    BundleError
        If it is damaged, a name is not that of a file in a bundle or stands there twice, or there
        is more in it than a bundle can hold.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _check_total(len(entries), sum(entry.file_size for entry in entries), name)
            if sum(entry.compress_size for entry in entries) > len(data):
                raise zipfile.BadZipFile("its entries overlap")
            files = [
                entry
                for entry in entries
                if not (entry.is_dir() or _OF_DESKTOPS.fullmatch(entry.orig_filename))
            ]
            around = _folder_around([entry.orig_filename for entry in files])
            contents: dict[str, bytes] = {}
            for entry in files:
                own = check_name(entry.orig_filename[len(around) :])
                # some systems take upper and lower case for the same
                if own.lower() in map(str.lower, contents):
                    raise refusal(f"{name} holds {quoted(own)} twice")
                contents[own] = _unpack_entry(archive, entry)
            return contents
    except _DAMAGE as error:
        raise refusal(f"{name} is no zip file, or a damaged one ({quoted(str(error))})") from None


def _unpack_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    # other decoders reserve as much memory as the file tells them to
    plain = entry.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    if not plain or entry.file_size > _SMALL + _MOST_RATIO * entry.compress_size:
        raise zipfile.BadZipFile(
            f"{entry.orig_filename} is packed more than {_MOST_RATIO}-fold, or not by deflate"
        )
    contents = archive.read(entry)
    if len(contents) != entry.file_size:
        raise zipfile.BadZipFile(f"{entry.orig_filename} has another size than listed")
    return contents


def _folder_around(names: list[str]) -> str:
    """Return ``folder/`` if all files lie in one, as when a person packed the folder itself."""
    around = f"{names[0].partition('/')[0]}/" if names else ""
    is_around = f"{around}{RECORD}" in names and all(name.startswith(around) for name in names)
    return around if is_around else ""


def pack_arrays(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return ``arrays.npz``: the same bytes for the same arrays, which are of numbers alone."""
    files = {}
    for name, array in arrays.items():
        if array.dtype.kind not in "fiu":
            raise refusal(f"{ARRAYS}: {name} is of {array.dtype}; expected numbers")
        memory = io.BytesIO()
        npy.write_array(memory, array, version=(1, 0), allow_pickle=False)
        files[f"{name}.npy"] = memory.getvalue()
    return pack(files)


def unpack_arrays(data: bytes) -> Arrays:
    """Read ``arrays.npz``, never by pickle; refuse anything but finite numbers."""
    arrays = {}
    for name, file in unpack(data, ARRAYS).items():
        memory = io.BytesIO(file)
        try:
            array = npy.read_array(memory, allow_pickle=False)
            if array.dtype.kind not in "fiu" or memory.read(1):
                raise ValueError("not of numbers alone")
            if not np.isfinite(array).all():
                raise ValueError("not finite")
        except _NO_ARRAY as error:
            raise refusal(
                f"{ARRAYS}: {name} is no array of finite numbers ({quoted(str(error))})"
            ) from None
        arrays[name.removesuffix(".npy")] = array
    return arrays


def write_sums(files: Mapping[str, bytes]) -> bytes:
    """Return the list of checksums for `files`, sorted by name."""
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
        raise refusal(
            f"it is no bundle that can be verified, as it has no {SUMS}",
            "give the folder or .zip that 'lusscore train' wrote",
        )
    proper = write_sums(files)
    listed, there = _sums(files[SUMS]), _sums(proper)
    for name in sorted(listed.keys() | there.keys()):
        if name not in there:
            raise refusal(f"the file {quoted(name)}, which {SUMS} lists, is missing")
        if name not in listed:
            raise refusal(
                f"the file {quoted(name)} is not listed in {SUMS}", f"remove it, or {AGAIN}"
            )
        if listed[name] != there[name]:
            raise refusal(f"{name} was changed or damaged: its checksum is not the one in {SUMS}")
    if proper != files[SUMS]:
        raise refusal(f"{SUMS} is not as lusscore writes it")
    return hashlib.sha256(files[SUMS]).hexdigest()


def _sums(text: bytes) -> dict[str, str]:
    lines = text.decode("ascii", errors="replace").splitlines()
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def check_digest(digest: str, expect: str) -> None:
    """Refuse a bundle whose digest does not begin with `expect`, of at least 12 digits."""
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
