"""A clip's first frame as a small picture, which also shows that it can be opened."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from lusscore.clips import open_clip
from lusscore.errors import ClipError

_SIDE = 160


def first_frame(path: Path) -> bytes:
    """Return the first frame of a clip as JPEG, at most 160 pixels wide and high.

    Raises
    ------
    ClipError
        As for :func:`lusscore.clips.open_clip`, and if the clip has no frame.
    """
    frames = open_clip(path, only={0})
    frame = next(iter(frames), None)
    if frame is None:
        raise ClipError("the clip holds no frames", advice="export or copy it again", path=path)
    image = Image.fromarray(frame.rgb)
    image.thumbnail((_SIDE, _SIDE))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=80)
    return file.getvalue()
