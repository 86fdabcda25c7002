"""Single images, images of several pages, and folders of images, through Pillow."""

from __future__ import annotations

import math
from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.ExifTags import IFD, TAGS, Base

from lusscore.clips.files import IMAGE_SUFFIXES, image_files
from lusscore.clips.frame import ClipFacts, Frame, identifying_names
from lusscore.clips.reader import (
    ClipReader,
    check_frame_count,
    check_frame_size,
    damaged,
    ignore_warnings,
    naming,
    no_frames,
    too_little_memory,
)
from lusscore.errors import ClipError

_FORMATS = ("PNG", "JPEG", "BMP", "DIB", "TIFF", "WEBP", "GIF")
_MOVING = ("PNG", "WEBP", "GIF")
_PAGED = ("TIFF",)
_REDUCED = 254
_QUARTER_TURNS = (5, 6, 7, 8)
# Entries of the first Exif directory that tell of the picture and the program, not of people.
_LISTED = """
    ImageWidth ImageLength BitsPerSample Compression PhotometricInterpretation StripOffsets
    SamplesPerPixel RowsPerStrip StripByteCounts XResolution YResolution PlanarConfiguration
    ResolutionUnit Software Orientation ExifOffset YCbCrPositioning YCbCrSubSampling
    YCbCrCoefficients ReferenceBlackWhite FillOrder NewSubfileType SubfileType Predictor ColorMap
    ExtraSamples SampleFormat TileWidth TileLength TileOffsets TileByteCounts PageNumber
    JPEGTables ExifInteroperabilityOffset WhitePoint PrimaryChromaticities TransferFunction
    InterColorProfile GPSInfo
"""
_TECHNICAL = frozenset(_LISTED.split())
# Entries of the second directory that tell of people or times; the rest is the camera's.
_PERSONAL = (0x9003, 0x9004, 0x927C, 0x9286, 0xA420, 0xA430, 0xA431, 0xA435)


class ImageReader(ClipReader):
    """Reads an image as a clip: one frame, or as many as it has pages or moving pictures."""

    kind = "image"
    suffixes = IMAGE_SUFFIXES

    def frames(self, path: Path, only: Container[int] | None) -> Iterator[Frame]:
        """Yield the image's frames numbered in `only` (all if None)."""
        return read_pages(path, only)

    def facts(self, path: Path) -> ClipFacts:
        """Read the image's header."""
        return _read_head(path, self.kind)


class ImageFolderReader(ClipReader):
    """Reads a folder of images as a clip, in the natural order of their names."""

    kind = "image folder"

    def frames(self, path: Path, only: Container[int] | None) -> Iterator[Frame]:
        """Yield the folder's images whose numbers are in `only` (all if None)."""
        files = image_files(path)
        check_frame_count(len(files))
        for index, file in enumerate(files):
            if only is not None and index not in only:
                continue
            with naming(file, f"image {index + 1} of {len(files)}"):
                pages = list(islice(read_pages(file, None), 2))
                if len(pages) > 1:
                    raise ClipError(
                        "the image has several pages, but in a folder each file is one frame",
                        advice="move it out of the folder, where it is a clip of its own",
                    )
            yield Frame(index, math.nan, pages[0].rgb)

    def facts(self, path: Path) -> ClipFacts:
        """Read the first image's size and the metadata of all."""
        heads = []
        for index, file in enumerate(files := image_files(path), start=1):
            with naming(file, f"image {index} of {len(files)}"):
                heads.append(_read_head(file, self.kind))
        names = {name for head in heads for name in head.identifiers}
        return replace(heads[0], identifiers=tuple(sorted(names)))


def read_pages(path: Path, only: Container[int] | None) -> Iterator[Frame]:
    """Yield the pages of an image file, or the frames of a moving one.

    A still image is one page. The pages of a TIFF file have no clock; reduced copies among them
    are left out. Moving PNG and WebP images have one.
    """
    with _opened(path) as image:
        pages = _count_pages(image)
        check_frame_count(pages, image.height, image.width)
        clocked = pages > 1 and image.format in _MOVING
        time, index = (0.0 if clocked else math.nan), 0
        for page in range(pages):
            image.seek(page)
            check_frame_size(image.height, image.width)
            if _is_reduced(image) and pages > 1:
                continue
            if only is None or index in only:
                yield Frame(index, time, _page_to_rgb(image))
            elif clocked:
                image.load()
            time += _seconds_shown(image) if clocked else 0
            index += 1
        if not index:
            raise no_frames()


def _read_head(path: Path, kind: str) -> ClipFacts:
    with _opened(path) as image:
        width, height = image.size
        # Pillow sets TIFF upright by itself and gives the size that results
        if image.format != "TIFF" and image.getexif().get(Base.Orientation) in _QUARTER_TURNS:
            height, width = width, height
        pages = _count_pages(image)
        names = _exif_names(image).union(identifying_names(image.info))
        rate = math.nan
        if pages > 1 and image.format in _MOVING:
            image.seek(0)
            image.load()
            step = _seconds_shown(image)
            rate = 1 / step if step else math.nan
        return ClipFacts(kind, height, width, rate, identifiers=tuple(sorted(names)))


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Open an image file; whatever is wrong with it becomes a ClipError."""
    ignore_warnings("PIL")
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
        raise too_little_memory() from None
    except ClipError:
        raise
    except Exception as error:  # Pillow and its plug-ins raise what they like on a broken file
        reason = error.strerror if isinstance(error, OSError) else None
        raise damaged(
            f"the file cannot be read as an image ({reason or 'it is broken or cut short'})"
        ) from None


def _page_to_rgb(image: Image.Image) -> NDArray[np.uint8]:
    """Turn the page of an image that is open into RGB: uint8, shape (height, width, 3).

    Greyscale is repeated over the three channels, a palette is looked up, transparency is laid
    over black, 16-bit greyscale keeps its eight upper bits, CMYK is converted without a colour
    profile, and the picture is turned as its Exif orientation asks.
    """
    image.load()
    if image.mode == "F":
        raise ClipError(
            "the image holds floating-point values, whose range is unknown",
            advice="save it with 8 or 16 bits",
        )
    upright = image if image.format == "TIFF" else ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):
        wide = np.asarray(upright).astype(np.int64)
        if wide.min() < 0 or wide.max() > 65535:
            raise ClipError(
                "the image holds values outside 0–65535", advice="save it with 8 or 16 bits"
            )
        return np.repeat((wide >> 8).astype(np.uint8)[..., None], 3, axis=2)
    if upright.has_transparency_data:
        black = Image.new("RGBA", upright.size, (0, 0, 0, 255))
        upright = Image.alpha_composite(black, upright.convert("RGBA"))
    return np.array(upright.convert("RGB"))


def _exif_names(image: Image.Image) -> set[str]:
    """Return the names of Exif entries that are not known to be technical."""
    exif = image.getexif()
    names = {TAGS.get(tag, "unknown Exif entry") for tag in exif} - _TECHNICAL
    names |= {TAGS[tag] for tag in exif.get_ifd(IFD.Exif) if tag in _PERSONAL}
    if exif.get_ifd(IFD.GPSInfo):
        names.add("GPSInfo")
    return names


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
