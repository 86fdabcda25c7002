"""Calibrated ultrasound regions (PS3.3 C.8.5.5)."""

from __future__ import annotations

import math
from typing import Any

from lusscore.clips.dicom.header import NotANumberError, number
from lusscore.clips.facts import Region

_TWO_DIMENSIONAL = 1
_TISSUE = 1


def read_regions(
    dataset: Any, coded: tuple[int, int], shown: tuple[int, int]
) -> tuple[Region, ...]:
    """Read a file's regions, in pixels of the frames as they are yielded.

    Regions that are empty or lie outside the frame are left out.

    Parameters
    ----------
    dataset
        The header.
    coded, shown
        (height, width) of the pixels that the header speaks of, and of those that are yielded.
    """
    height, width = shown
    down, across = height / coded[0], width / coded[1]
    regions = []
    for item in dataset.get("SequenceOfUltrasoundRegions") or ():
        try:
            left, top = number(item, "RegionLocationMinX0"), number(item, "RegionLocationMinY0")
            # the standard's corners belong to the region
            right = number(item, "RegionLocationMaxX1") + 1
            bottom = number(item, "RegionLocationMaxY1") + 1
        except NotANumberError:
            continue
        left, right = max(0, math.floor(left * across)), min(width, math.ceil(right * across))
        top, bottom = max(0, math.floor(top * down)), min(height, math.ceil(bottom * down))
        if left < right and top < bottom:
            tissue = (
                number(item, "RegionSpatialFormat", 0) == _TWO_DIMENSIONAL
                and number(item, "RegionDataType", 0) == _TISSUE
            )
            regions.append(Region(left, top, right, bottom, tissue))
    return tuple(regions)
