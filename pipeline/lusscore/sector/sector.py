"""Where in a clip the tissue is shown, and where text is written over it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels; right and bottom are exclusive."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True)
class Sector:
    """The insonified part of a clip's frames, the same for all of them.

    Attributes
    ----------
    height, width
        Of the frames, in pixels.
    source
        How it was found: ``"dicom"`` (ultrasound regions), ``"motion"`` (what moves and is
        bright), ``"brightness"`` (of a clip that does not move) or ``"whole"`` (not found: the
        whole image).
    outline
        Corners (x, y) in pixels of the convex polygon that holds it.
    text
        Characters and other overlays, inside the outline or outside, one box per line of text.
    """

    height: int
    width: int
    source: str
    outline: tuple[tuple[int, int], ...]
    text: tuple[Box, ...] = ()
