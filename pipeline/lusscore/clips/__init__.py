"""Opening any clip and yielding its frames."""

from lusscore.clips.digest import digest_clip
from lusscore.clips.facts import ClipFacts, Region
from lusscore.clips.frame import Frame
from lusscore.clips.images import IMAGE_SUFFIXES
from lusscore.clips.open import count_frames, is_clip, open_clip, read_facts
from lusscore.clips.stamp import stamp_clip

__all__ = [
    "IMAGE_SUFFIXES",
    "ClipFacts",
    "Frame",
    "Region",
    "count_frames",
    "digest_clip",
    "is_clip",
    "open_clip",
    "read_facts",
    "stamp_clip",
]
