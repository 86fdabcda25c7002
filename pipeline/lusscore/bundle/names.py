"""The files of a bundle, and which names a file may have at all."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lusscore.bundle.refusal import AGAIN, Refusal, quoted

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


def check_name(name: str) -> str:
    """Return the name of a file in a bundle.

    Raises
    ------
    Refusal
        If it could name a place outside the bundle, or is written unlike any name of lusscore's.
    """
    if not _NAME.fullmatch(name):
        raise Refusal(
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
