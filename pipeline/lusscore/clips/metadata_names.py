"""Which metadata of videos and images could tell who the patient is."""

from __future__ import annotations

from collections.abc import Iterable

# What cameras, encoders and containers write about themselves, in videos, PNG, JPEG, TIFF and
# GIF. Everything else may have been typed by a person, so it is named.
_LISTED = """
    major_brand minor_version compatible_brands encoder handler_name vendor_id language rotate
    duration bps number_of_frames number_of_bytes variant_bitrate isvt alpha_mode
    device_conformance_template_name is_vbr
    jfif jfif_version jfif_unit jfif_density dpi adobe adobe_transform progressive progression
    exif gamma srgb chromaticity icc_profile transparency interlace aspect background loop
    duration default_image blend disposal bbox compression timestamp extension version mp mpoffset
    resolution sizes
    software
"""
_TECHNICAL = frozenset(_LISTED.split())
_TECHNICAL_STARTS = ("_statistics_", "number_of_", "jfif")


def identifying_names(names: Iterable[object]) -> tuple[str, ...]:
    """Return the names that are not known to be technical, in alphabetical order."""
    kept = {
        str(name)
        for name in names
        if str(name).lower() not in _TECHNICAL
        and not str(name).lower().startswith(_TECHNICAL_STARTS)
    }
    return tuple(sorted(kept))
