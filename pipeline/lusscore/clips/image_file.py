"""Image files through Pillow: their header, and their pages as frames."""

from __future__ import annotations

import math
import struct
from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from lusscore.clips.exif_names import exif_names
from lusscore.clips.frame import Frame
from lusscore.clips.image_pixels import is_turned, page_to_rgb
from lusscore.clips.limits import check_frame_count, check_frame_size
from lusscore.clips.metadata_names import identifying_names
from lusscore.clips.quiet import hush
from lusscore.errors import ClipError

_MOVING = ("PNG", "WEBP", "GIF")
_PAGED = ("TIFF",)
_FORMATS = ("PNG", "JPEG", "BMP", "DIB", "TIFF", "WEBP", "GIF")
_REDUCED = 254


@dataclass(frozen=True)
class ImageHead:
    """What an image file says before its pixels are read.

    Attributes
    ----------
    height, width
        Of its first page as it is yielded.
    frame_rate
        Frames per second; NaN for pages without a clock.
    identifiers
        Names of metadata that could tell who the patient is.
    """

    height: int
    width: int
    frame_rate: float
    identifiers: tuple[str, ...]


def read_head(path: Path) -> ImageHead:
    """Read an image file's header.

    Raises
    ------
    ClipError
        If the file is not an image or claims more than is allowed.
    """
    with _opened(path) as image:
        width, height = image.size
        if is_turned(image):
            height, width = width, height
        pages = _count_pages(image)
        names = exif_names(image).union(identifying_names(image.info))
        rate = math.nan
        if pages > 1 and image.format in _MOVING:
            image.seek(0)
            image.load()
            step = _seconds_shown(image)
            rate = 1 / step if step else math.nan
        return ImageHead(height, width, rate, tuple(sorted(names)))


def read_pages(path: Path, only: Container[int] | None) -> Iterator[Frame]:
    """Yield the pages of an image file, or the frames of a moving one.

    A still image is one page. The pages of a TIFF file have no clock; reduced copies among them
    are left out. Moving PNG and WebP images have one.

    Raises
    ------
    ClipError
        If the file is not an image, is cut short or claims more than is allowed.
    """
    with _opened(path) as image:
        pages = _count_pages(image)
        clocked = pages > 1 and image.format in _MOVING
        time, index = (0.0 if clocked else math.nan), 0
        for page in range(pages):
            image.seek(page)
            check_frame_size(image.height, image.width)
            if _is_reduced(image) and pages > 1:
                continue
            wanted = only is None or index in only
            if wanted:
                yield Frame(index, time, page_to_rgb(image))
            elif clocked:
                image.load()
            time += _seconds_shown(image) if clocked else 0
            index += 1
        if not index:
            raise ClipError("the clip holds no frames", advice="export or copy it again")


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Open an image file; whatever is wrong with it becomes a ClipError."""
    hush("PIL")
    try:
        with Image.open(path, formats=_FORMATS) as image:
            check_frame_size(image.height, image.width)
            yield image
    except UnidentifiedImageError:
        raise ClipError(
            "the file is not an image; expected the content its name promises",
            advice="export it again",
        ) from None
    except Image.DecompressionBombError:
        raise ClipError(
            "the image declares more pixels than are read",
            advice="make it smaller or export it again",
        ) from None
    except MemoryError:
        raise ClipError(
            "the clip needs more memory than there is",
            advice="close other programs or leave it out",
        ) from None
    except (
        OSError,
        SyntaxError,
        ValueError,
        EOFError,
        LookupError,
        TypeError,
        AttributeError,
        ArithmeticError,
        RuntimeError,
        struct.error,
    ) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise ClipError(
            f"the file cannot be read as an image ({reason or 'it is broken or cut short'})",
            advice="export or copy it again",
        ) from None


def _count_pages(image: Image.Image) -> int:
    # a JPEG of several pictures holds one and its previews
    if image.format not in _MOVING + _PAGED:
        return 1
    pages = int(getattr(image, "n_frames", 1))
    check_frame_count(pages)
    return max(1, pages)


def _seconds_shown(image: Image.Image) -> float:
    shown = image.info.get("duration", 0)
    return float(shown) / 1000 if isinstance(shown, (int, float)) and shown > 0 else 0.0


def _is_reduced(image: Image.Image) -> bool:
    tags = getattr(image, "tag_v2", {})
    return bool(int(tags.get(_REDUCED, 0) or 0) & 1)
