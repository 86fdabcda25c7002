"""What readers of clips share: their interface, their limits, and one sentence for each error."""

from __future__ import annotations

import os
import warnings
from abc import ABC, abstractmethod
from collections.abc import Container, Iterator
from contextlib import contextmanager
from pathlib import Path

from lusscore.clips.frame import ClipFacts, Frame, Region
from lusscore.errors import ClipError

LARGEST_FRAME = 1 << 24
"""Most pixels in a frame: 4096 × 4096, eight times what a screen of an ultrasound machine has."""

MOST_MEGAPIXELS = 4_000
"""Most pixels in all frames of a clip, in millions: 1,900 frames of 1920 × 1080."""

MEGAPIXELS = "LUSSCORE_MAX_MEGAPIXELS"
"""Environment variable that sets another number."""

MOST_FRAMES = 100_000
"""Most frames in a clip: almost an hour at 30 frames per second."""

MOST_INFLATED = 1 << 27
"""Most bytes that a deflated DICOM file may hold once inflated: 128 MiB."""

MOST_ELEMENTS = 20_000
"""Most elements in a DICOM header, sequences counted as one; a few hundred are usual."""


class ClipReader(ABC):
    """What opens one kind of clip; all methods raise ClipError where that fails."""

    kind: str
    """Word for this kind of clip in messages, e.g. ``"video"``."""

    suffixes: tuple[str, ...] = ()
    """Suffixes that are this kind's alone, in lower case with their dot."""

    @abstractmethod
    def frames(self, path: Path, only: Container[int] | None) -> Iterator[Frame]:
        """Yield the frames numbered in `only` (all if None) in order; a clip has at least one."""

    @abstractmethod
    def facts(self, path: Path) -> ClipFacts:
        """Read what the clip says of itself, decoding one frame at most."""

    def times(self, path: Path) -> Iterator[float]:
        """Yield the time in seconds of each frame that can be decoded; NaN without a clock."""
        return (frame.time for frame in self.frames(path, None))

    def regions(self, path: Path) -> tuple[Region, ...]:
        """Return the regions that the clip declares, as in its facts."""
        return ()


def check_frame_size(height: int, width: int) -> None:
    """Refuse a frame of no or of too many pixels, before memory is taken for it."""
    if height < 1 or width < 1:
        raise damaged(
            f"the clip declares frames of {width} × {height} pixels; expected at least one pixel"
        )
    if height * width > LARGEST_FRAME:
        raise ClipError(
            f"the clip declares frames of {width} × {height} pixels; at most {LARGEST_FRAME} "
            "pixels are read",
            advice="export or copy it again, or make it smaller",
        )


def check_frame_count(frames: int, height: int = 0, width: int = 0) -> None:
    """Refuse a clip of too many frames, or of too many pixels in all of them together."""
    if frames > MOST_FRAMES:
        raise ClipError(
            f"the clip has {frames} frames or more; at most {MOST_FRAMES} are read",
            advice="cut it into shorter clips, or export it again if it is not that long",
        )
    most = float(os.environ.get(MEGAPIXELS) or MOST_MEGAPIXELS)
    if frames * height * width > most * 1e6:
        raise ClipError(
            f"the clip has {frames} frames or more of {width} × {height} pixels; at most {most:g} "
            "million pixels are read",
            advice="cut it into shorter clips, make it smaller, or raise --max-megapixels",
        )


def damaged(what: str) -> ClipError:
    """Return the error of a file that is broken or cut short."""
    return ClipError(what, advice="export or copy it again")


def no_frames() -> ClipError:
    """Return the error of a clip without frames."""
    return damaged("the clip holds no frames")


def too_little_memory() -> ClipError:
    """Return the error of a clip that does not fit into memory."""
    return ClipError(
        "the clip needs more memory than there is", advice="close other programs or leave it out"
    )


def unreadable(error: OSError, path: Path | None = None, what: str = "clip") -> ClipError:
    """Return the error of a file or folder that the system does not let us read."""
    return ClipError(
        f"the {what} cannot be read ({error.strerror or 'unknown reason'})",
        advice="check that it is there and may be read",
        path=path,
    )


@contextmanager
def naming(path: Path, where: str = "") -> Iterator[None]:
    """Give errors the clip's path: what reads its bytes says what is wrong and not of what."""
    try:
        yield
    except ClipError as error:
        if error.path is None:
            error.path, error.where = path, where
        raise


def ignore_warnings(package: str) -> None:
    """Ignore the warnings of a package from now on: they may quote what a header says.

    Called before each use and not once at import, because whoever resets the warning filters
    meanwhile would let them through again. What matters in them becomes a ClipError.
    """
    warnings.filterwarnings("ignore", module=rf"{package}(\.|$)")
