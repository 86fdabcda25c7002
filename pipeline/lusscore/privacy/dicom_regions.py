"""Ultrasound regions of a de-identified DICOM file: numbers and nothing else."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydicom import Dataset

_REGION = (
    "RegionSpatialFormat",
    "RegionDataType",
    "RegionFlags",
    "RegionLocationMinX0",
    "RegionLocationMinY0",
    "RegionLocationMaxX1",
    "RegionLocationMaxY1",
    "ReferencePixelX0",
    "ReferencePixelY0",
    "PhysicalUnitsXDirection",
    "PhysicalUnitsYDirection",
    "ReferencePixelPhysicalValueX",
    "ReferencePixelPhysicalValueY",
    "PhysicalDeltaX",
    "PhysicalDeltaY",
    "TransducerFrequency",
    "PulseRepetitionFrequency",
)
_RANGES = {"US": (0, 65535), "UL": (0, 2**32 - 1), "SL": (-(2**31), 2**31 - 1), "FD": (-1e9, 1e9)}


def clean_regions(source: Dataset) -> list[Dataset]:
    """Return the ultrasound regions with listed numbers alone, one of each.

    Each is made anew as a number: a broken file may call a text an array of numbers.
    """
    from pydicom import Dataset
    from pydicom.datadict import dictionary_VR

    regions = []
    for old in source.get("SequenceOfUltrasoundRegions") or ():
        region = Dataset()
        for keyword in _REGION:
            kind = dictionary_VR(keyword)
            # what cannot be read as one number is left out
            with suppress(Exception):
                value = old[keyword].value
                number = float(value) if kind == "FD" else int(value)
                least, most = _RANGES[kind]
                if least <= number <= most:
                    region.add_new(keyword, kind, number)
        regions.append(region)
    return regions
