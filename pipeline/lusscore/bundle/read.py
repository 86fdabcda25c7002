"""Reading bundles: nothing in one is used before all of it has been verified."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lusscore.bundle.bundle import Bundle
from lusscore.bundle.contents import read_contents
from lusscore.bundle.record import from_files
from lusscore.bundle.refusal import Refusal
from lusscore.bundle.sums import check_digest, check_sums


def read_bundle(path: Path, expect: str | None = None) -> Bundle:
    """Read a bundle.

    Checksums first, then the schema, then all that it says. It is read into memory, runs no code
    of its own and leaves nothing on the disk.

    Parameters
    ----------
    path
        A folder, or a ``.zip`` of the same files.
    expect
        Digest that it must have, as a report shows it: all of it, or its first 12 digits or more.

    Returns
    -------
    Bundle
        With its digest, and `path` as its folder.

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
    except Refusal as refusal:
        raise refusal.of(path) from None
