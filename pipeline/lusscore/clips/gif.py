"""GIF files with pictures that give no delay, which FFmpeg does not tell apart."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO

from lusscore.clips.frame import Frame
from lusscore.clips.image_file import read_pages
from lusscore.clips.limits import MOST_FRAMES

# What browsers show a picture for that gives no delay.
SECONDS_EACH = 0.1
_PICTURE, _EXTENSION, _CONTROL = 0x2C, 0x21, 0xF9


def lacks_delays(path: Path) -> bool:
    """Tell whether a file is a GIF with fewer graphic control blocks than pictures.

    FFmpeg parts a file where such a block stands, and takes pictures without one together.
    """
    if path.suffix.lower() != ".gif":
        return False
    try:
        with path.open("rb") as file:
            pictures, controls = _count_blocks(file)
    except (OSError, IndexError):
        return False
    return pictures > controls


def read_undelayed(path: Path, only: Container[int] | None) -> Iterator[Frame]:
    """Yield its pictures, a tenth of a second apart; raise ClipError as other images do."""
    for frame in read_pages(path, only):
        yield replace(frame, time=SECONDS_EACH * frame.index)


def _count_blocks(file: IO[bytes]) -> tuple[int, int]:
    """Count pictures and graphic control blocks up to the end of a whole file (GIF89a).

    Raises
    ------
    IndexError
        If the file breaks off.
    """
    head = file.read(13)
    if not head.startswith(b"GIF8"):
        return 0, 0
    file.seek(_colours(head[10]), 1)
    pictures = controls = 0
    while pictures <= MOST_FRAMES and (kind := file.read(1)[0]) in (_PICTURE, _EXTENSION):
        if kind == _PICTURE:
            pictures += 1
            file.seek(_colours(file.read(9)[8]) + 1, 1)
        else:
            controls += file.read(1)[0] == _CONTROL
        while length := file.read(1)[0]:
            file.seek(length, 1)
    return pictures, controls


def _colours(flags: int) -> int:
    """Bytes of the colour table that a descriptor announces."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0
