"""How much a clip may claim, so that a header cannot take the memory or the day."""

from __future__ import annotations

from lusscore.errors import ClipError

LARGEST_FRAME = 1 << 26
"""Most pixels in a frame: 8192 × 8192, sixty times what an ultrasound machine shows."""

MOST_FRAMES = 100_000
"""Most frames in a clip: almost an hour at 30 frames per second."""

MOST_INFLATED = 1 << 27
"""Most bytes that a deflated DICOM file may hold once inflated: 128 MiB."""

MOST_ELEMENTS = 20_000
"""Most elements in a DICOM header, sequences counted as one; a few hundred are usual."""


def check_frame_size(height: int, width: int) -> None:
    """Refuse a frame of no or of too many pixels, before memory is taken for it.

    Raises
    ------
    ClipError
        If `height` × `width` is not between 1 and :data:`LARGEST_FRAME`.
    """
    if height < 1 or width < 1:
        raise ClipError(
            f"the clip declares frames of {width} × {height} pixels; expected at least one pixel",
            advice="export or copy it again",
        )
    if height * width > LARGEST_FRAME:
        raise ClipError(
            f"the clip declares frames of {width} × {height} pixels; at most {LARGEST_FRAME} "
            "pixels are read",
            advice="export or copy it again, or make it smaller",
        )


def check_frame_count(frames: int) -> None:
    """Refuse a clip of too many frames.

    Raises
    ------
    ClipError
        If `frames` is more than :data:`MOST_FRAMES`.
    """
    if frames > MOST_FRAMES:
        raise ClipError(
            f"the clip has {frames} frames or more; at most {MOST_FRAMES} are read",
            advice="cut it into shorter clips, or export it again if it is not that long",
        )
