"""Opening any clip and yielding its frames."""

from lusscore.clips.digest import digest_clip
from lusscore.clips.facts import ClipFacts, Region
from lusscore.clips.folders import is_left_behind, listing, natural_order
from lusscore.clips.frame import Frame
from lusscore.clips.images import IMAGE_SUFFIXES
from lusscore.clips.open import (
    clip_regions,
    clip_times,
    count_frames,
    is_clip,
    open_clip,
    read_facts,
)
from lusscore.clips.repeats import RepeatFinder
from lusscore.clips.stamp import stamp_clip

__all__ = [
    "IMAGE_SUFFIXES",
    "ClipFacts",
    "Frame",
    "Region",
    "RepeatFinder",
    "clip_regions",
    "clip_times",
    "count_frames",
    "digest_clip",
    "is_clip",
    "is_left_behind",
    "listing",
    "natural_order",
    "open_clip",
    "read_facts",
    "stamp_clip",
]
