"""The files of a bundle in memory, from a folder or from a zip file."""

from __future__ import annotations

import os
from pathlib import Path

from lusscore.bundle.archive import MOST_BYTES, MOST_FILES, unpack
from lusscore.bundle.names import check_name, is_of_desktop
from lusscore.bundle.refusal import Refusal, quoted
from lusscore.errors import BundleError

ZIP_SUFFIX = ".zip"


def read_contents(path: Path) -> dict[str, bytes]:
    """Read all files of the bundle at `path`, by their names in it with ``/``.

    Raises
    ------
    Refusal
        If one is no plain file, has a name that no bundle has, or all are more than a bundle can
        hold.
    BundleError
        If nothing is there or it cannot be read.
    """
    try:
        if path.is_dir():
            return _read_folder(path)
        if path.stat().st_size > MOST_BYTES:
            raise Refusal("it is larger than 2 GiB, too much for a bundle")
        if not path.is_file():
            raise Refusal("it is neither a folder nor a file")
        return unpack(path.read_bytes(), "it")
    # ValueError: a path with a NUL
    except (FileNotFoundError, ValueError):
        raise BundleError(
            f"No bundle at {str(path)!r}; check the path, or train one with 'lusscore train'."
        ) from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BundleError(
            f"{path} cannot be read ({reason}); check its permissions and the disk."
        ) from None


def _read_folder(folder: Path) -> dict[str, bytes]:
    found = _list_folder(folder)
    if sum(size for _, size in found.values()) > MOST_BYTES:
        raise Refusal("it holds more than 2 GiB, too much for a bundle")
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
                raise Refusal(f"it holds {quoted(name)}, which is a link or no plain file")
            if len(found) > MOST_FILES:
                raise Refusal(f"it holds more than {MOST_FILES} files, too many for a bundle")
    return found
