"""Opening any clip and yielding its frames."""

from lusscore.clips.dicom import DicomReader
from lusscore.clips.dicom.file import open_dicom
from lusscore.clips.dicom.header import broken_becomes_sentence, read_header, text
from lusscore.clips.digest import digest_clip, stamp_clip
from lusscore.clips.folders import is_left_behind, listing, natural_order
from lusscore.clips.frame import ClipFacts, Frame, Region
from lusscore.clips.images import IMAGE_SUFFIXES, image_files
from lusscore.clips.open import (
    clip_regions,
    clip_times,
    count_frames,
    is_clip,
    open_clip,
    read_facts,
)
from lusscore.clips.readers import has_known_suffix, registered_readers
from lusscore.clips.repeats import RepeatFinder
from lusscore.clips.video_stream import open_video

__all__ = [
    "IMAGE_SUFFIXES",
    "ClipFacts",
    "DicomReader",
    "Frame",
    "Region",
    "RepeatFinder",
    "broken_becomes_sentence",
    "clip_regions",
    "clip_times",
    "count_frames",
    "digest_clip",
    "has_known_suffix",
    "image_files",
    "is_clip",
    "is_left_behind",
    "listing",
    "natural_order",
    "open_clip",
    "open_dicom",
    "open_video",
    "read_facts",
    "read_header",
    "registered_readers",
    "stamp_clip",
    "text",
]
