"""Bundles on disk: found by name, read only when verified, written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from lusscore.errors import BundleError, HeadError, RunError, WriteError
from lusscore.evaluation import check_run_name
from lusscore.files import folder_written_whole, written_whole
from lusscore.models.archive import (
    RECORD,
    SUMS,
    ZIP_SUFFIX,
    check_digest,
    check_sums,
    clause,
    is_known,
    pack,
    read_contents,
)
from lusscore.models.bundle import Bundle
from lusscore.models.record import from_files, to_files

BUILTIN = "phantom"
DEFAULT_FOLDER = Path("results") / "bundles"


def builtin_bundle_path() -> Path:
    """Return where the bundle lies that was trained on the phantom and comes with lusscore."""
    return Path(__file__).parent / BUILTIN


def find_bundle(text: str, folder: Path = DEFAULT_FOLDER) -> Path:
    """Find a bundle, which is not read: ``"phantom"``, a path, or a name under `folder`.

    BundleError lists those that there are, if there is none of this name.
    """
    if text == BUILTIN:
        return builtin_bundle_path()
    for path in (Path(text), folder / text, folder / f"{text}{ZIP_SUFFIX}"):
        if text and _is_there(path):
            return path
    there = ", ".join([BUILTIN, *bundle_names(folder)])
    raise BundleError(
        f"no bundle has this name or path; there are {there}",
        path=repr(text),
        advice="choose one of these, or make another with 'lusscore train'",
    )


def bundle_names(folder: Path = DEFAULT_FOLDER) -> list[str]:
    """List the bundles in a folder, sorted; none of them is read."""
    try:
        paths = list(folder.iterdir())
    except OSError:
        return []
    # what a process that was killed left half-written is hidden
    return sorted(path.name for path in paths if path.name[0] != "." and _is_there(path))


def _is_there(path: Path) -> bool:
    """Tell whether a bundle may lie at a path."""
    try:
        if path.suffix.lower() == ZIP_SUFFIX and path.is_file():
            return True
        return (path / RECORD).is_file()
    # a name that is too long or of characters that no file can have, or a folder kept from us
    except (OSError, ValueError):
        return False


def read_bundle(path: Path, expect: str | None = None) -> Bundle:
    """Read a folder or ``.zip`` into memory; no code of it is run, nothing is written.

    Checksums first, then the schema, then all that it says. `expect` is the digest that it must
    have, as a report shows it: all of it, or its first 12 digits or more.

    Raises
    ------
    BundleError
        If there is none, it was changed or damaged, it is of a later schema, it is not the one
        expected, or anything in it is not what a bundle has.
    """
    try:
        files = read_contents(path)
        digest = check_sums(files)
        if expect is not None:
            check_digest(digest, expect)
        return replace(from_files(files), digest=digest, folder=path)
    except BundleError as error:
        error.path = error.path or path
        raise


def bundle_place(
    name: str, folder: Path, output: str | os.PathLike[str] | None = None, *, overwrite: bool
) -> Path:
    """Return where a new bundle goes: `output`, or its name in `folder`.

    BundleError if `name` could name a place outside `folder`, or something is there that may not
    be replaced.
    """
    try:
        check_run_name(name)
    except RunError:
        raise BundleError(
            f"--name {name!r} is not allowed; expected up to 100 letters, digits, '.', '-' and "
            "'_', beginning with a letter or digit and not ending with '.'. Use --output to say "
            "where the bundle goes."
        ) from None
    path = Path(output or folder / name)
    _check_place(path, overwrite)
    return path


def write_bundle(bundle: Bundle, path: Path, *, overwrite: bool = False) -> Bundle:
    """Write a bundle under a temporary name beside `path`, and move it there.

    `path` is a folder or, where it ends in ``.zip``, one file; what is written is read again
    first. Returns the bundle with its digest and place. A ``.zip`` is replaced in one step; a
    folder in two, between which a process that is killed leaves the old one under a hidden name.

    Raises
    ------
    BundleError
        If something is there that may not be replaced, or the bundle contradicts itself.
    WriteError
        If the disk does not take it.
    """
    _check_place(path, overwrite)
    try:
        files = to_files(bundle)
        written = replace(from_files(files), digest=check_sums(files), folder=path)
    except (BundleError, HeadError) as error:
        raise BundleError(
            f"it cannot be written, since it would not be read again: {clause(error)}",
            path=path,
            advice="train it again",
        ) from None
    try:
        _write(files, path, overwrite)
    except WriteError as error:
        raise WriteError(path, error) from None  # not of the temporary folder
    return written


def _write(files: Mapping[str, bytes], path: Path, overwrite: bool) -> None:
    place = path.absolute()  # of "." the name is that of the folder
    if path.suffix.lower() == ZIP_SUFFIX:
        with written_whole(place) as file:
            file.write(pack(files))
            _check_place(path, overwrite)
        return
    with folder_written_whole(place) as building:
        for name, data in files.items():
            with written_whole(building / name) as file:
                file.write(data)
        _check_place(path, overwrite)


def _check_place(path: Path, overwrite: bool) -> None:
    """Refuse a place where something is that is not to be replaced, or is no bundle."""
    if not os.path.lexists(path):
        return
    if not overwrite:
        raise BundleError(
            "it exists",
            path=path,
            advice="choose another --name or --output, or replace it by --overwrite",
        )
    is_zip = path.suffix.lower() == ZIP_SUFFIX
    if path.is_symlink() or path.is_dir() == is_zip or not _looks_like_bundle(path):
        raise BundleError(
            "it is not a bundle, and is not overwritten", path=path, advice="choose another name"
        )


def _looks_like_bundle(path: Path) -> bool:
    """Tell whether all that lies there are files of a bundle, be they damaged."""
    try:
        names = read_contents(path).keys()
    except BundleError:
        return False
    return {RECORD, SUMS} <= names and all(map(is_known, names))
