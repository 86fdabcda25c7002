"""Opening any clip and yielding its frames."""

from lusscore.clips.dicom.header import open_dicom, text
from lusscore.clips.files import (
    IMAGE_SUFFIXES,
    digest_clip,
    image_files,
    is_broken_link,
    is_left_behind,
    listing,
    natural_order,
    stamp_clip,
)
from lusscore.clips.frame import ClipFacts, Frame, Region
from lusscore.clips.open import (
    clip_kinds,
    clip_regions,
    clip_times,
    count_frames,
    has_known_suffix,
    is_clip,
    is_dicom,
    open_clip,
    read_facts,
)
from lusscore.clips.repeats import RepeatFinder
from lusscore.clips.video import open_video

__all__ = [
    "IMAGE_SUFFIXES",
    "ClipFacts",
    "Frame",
    "Region",
    "RepeatFinder",
    "clip_kinds",
    "clip_regions",
    "clip_times",
    "count_frames",
    "digest_clip",
    "has_known_suffix",
    "image_files",
    "is_broken_link",
    "is_clip",
    "is_dicom",
    "is_left_behind",
    "listing",
    "natural_order",
    "open_clip",
    "open_dicom",
    "open_video",
    "read_facts",
    "stamp_clip",
    "text",
]
