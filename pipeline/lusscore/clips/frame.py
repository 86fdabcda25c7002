"""One image of a clip, and what the clip says of itself."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# What cameras, encoders and containers write about themselves, in videos, PNG, JPEG, TIFF and
# GIF. Everything else may have been typed by a person, so it is named.
_LISTED = """
    major_brand minor_version compatible_brands encoder handler_name vendor_id language rotate
    duration bps number_of_frames number_of_bytes variant_bitrate isvt alpha_mode
    device_conformance_template_name is_vbr
    jfif jfif_version jfif_unit jfif_density dpi adobe adobe_transform progressive progression
    exif gamma srgb chromaticity icc_profile transparency interlace aspect background loop
    default_image blend disposal bbox compression timestamp extension version mp mpoffset
    resolution sizes
    software
"""
_TECHNICAL = frozenset(_LISTED.split())
_TECHNICAL_STARTS = ("_statistics_", "number_of_", "jfif")


@dataclass(frozen=True)
class Frame:
    """One image of a clip.

    Attributes
    ----------
    index
        Frame number in the clip, from 0.
    time
        Seconds since the clip's first frame; NaN where the clip has no clock (images).
    rgb
        uint8, shape (height, width, 3), 0–255.
    """

    index: int
    time: float
    rgb: NDArray[np.uint8]


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
    notes
        What of the header is not used and why, each a clause: ``"its FrameTime is no number"``.
    """

    kind: str
    height: int
    width: int
    frame_rate: float = math.nan
    device: str = ""
    identifiers: tuple[str, ...] = ()
    regions: tuple[Region, ...] = ()
    burned_in: bool | None = None
    notes: tuple[str, ...] = ()


def identifying_names(names: Iterable[object]) -> tuple[str, ...]:
    """Return the names that are not known to be technical, in alphabetical order."""
    kept = {
        name
        for name in map(str, names)
        if name.lower() not in _TECHNICAL and not name.lower().startswith(_TECHNICAL_STARTS)
    }
    return tuple(sorted(kept))
