"""What a clip says of itself."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Region:
    """A calibrated region of a DICOM ultrasound image.

    Attributes
    ----------
    left, top, right, bottom
        Edges in pixels of the frames that :func:`lusscore.clips.open_clip` yields; right and
        bottom are exclusive.
    tissue
        Whether it shows tissue in two dimensions: what a network may look at.
    """

    left: int
    top: int
    right: int
    bottom: int
    tissue: bool


@dataclass(frozen=True)
class ClipFacts:
    """What a clip says of itself, read from its header.

    Attributes
    ----------
    kind
        Kind of clip: ``"video"``, ``"DICOM"``, ``"image"`` or ``"image folder"``.
    height, width
        Of its frames as they are yielded, in pixels.
    frame_rate
        Frames per second; NaN where the clip has no clock.
    device
        Manufacturer and model; empty when unknown.
    identifiers
        Names of what could tell who the patient is, e.g. ``"PatientName"`` or ``"title"``;
        never their values.
    regions
        DICOM ultrasound regions.
    burned_in
        Whether a DICOM file says that its pixels show who the patient is; None when it says
        nothing.
    """

    kind: str
    height: int
    width: int
    frame_rate: float = math.nan
    device: str = ""
    identifiers: tuple[str, ...] = ()
    regions: tuple[Region, ...] = ()
    burned_in: bool | None = None
