"""Finding the bundle that a user names; one comes with lusscore."""

from __future__ import annotations

from pathlib import Path

from lusscore.bundle.contents import ZIP_SUFFIX
from lusscore.bundle.names import RECORD
from lusscore.errors import BundleError

BUILTIN = "phantom"
DEFAULT_FOLDER = Path("results") / "bundles"


def builtin_bundle_path() -> Path:
    """Return where the bundle lies that was trained on the phantom and comes with lusscore."""
    return Path(__file__).parent / BUILTIN


def find_bundle(text: str, folder: Path = DEFAULT_FOLDER) -> Path:
    """Find a bundle; it is not read.

    Parameters
    ----------
    text
        ``"phantom"`` for the one that comes with lusscore; else the path of a folder or ``.zip``,
        or a name under `folder`.
    folder
        Where ``lusscore train`` puts bundles.

    Raises
    ------
    BundleError
        If there is none; those that there are are listed.
    """
    if text == BUILTIN:
        return builtin_bundle_path()
    for path in (Path(text), folder / text, folder / f"{text}{ZIP_SUFFIX}"):
        if text and _is_there(path):
            return path
    if _is_folder(text):
        raise BundleError(
            f"{text} is a folder and no bundle, as it has no {RECORD}; give the one that "
            "'lusscore train' wrote."
        )
    there = ", ".join([BUILTIN, *bundle_names(folder)])
    raise BundleError(
        f"No bundle {text!r}, neither as a path nor in {folder}; there are {there}, and 'lusscore "
        "train' makes another."
    )


def bundle_names(folder: Path = DEFAULT_FOLDER) -> list[str]:
    """List the bundles in a folder, sorted; none of them is read."""
    try:
        paths = list(folder.iterdir())
    except OSError:
        return []
    # what a process that was killed left half-written is hidden
    return sorted(path.name for path in paths if path.name[0] != "." and _is_there(path))


def _is_folder(text: str) -> bool:
    try:
        return text != "" and Path(text).is_dir()
    except (OSError, ValueError):
        return False


def _is_there(path: Path) -> bool:
    """Tell whether a bundle may lie at a path."""
    try:
        if path.suffix.lower() == ZIP_SUFFIX and path.is_file():
            return True
        return (path / RECORD).is_file()
    # a name that is too long or of characters that no file can have, or a folder kept from us
    except (OSError, ValueError):
        return False
