"""Single images and folders of images."""

from __future__ import annotations

import math
import re
from collections.abc import Container, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from lusscore.clips.facts import ClipFacts
from lusscore.clips.frame import Frame
from lusscore.clips.readers import register_reader
from lusscore.errors import ClipError

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")


@register_reader
class ImageReader:
    """Reads one image as a clip of one frame."""

    kind = "image"

    def accepts(self, path: Path) -> bool:
        """Tell whether the suffix is that of an image."""
        return path.suffix.lower() in IMAGE_SUFFIXES

    def count(self, path: Path) -> int:
        """Return 1 once the image has been read; raise ClipError as :meth:`frames` does."""
        read_image(path)
        return 1

    def frames(self, path: Path, only: Container[int] | None) -> Iterator[Frame]:
        """Yield the image.

        Raises
        ------
        ClipError
            If the file is not an image or is cut short.
        """
        if only is None or 0 in only:
            yield Frame(0, math.nan, read_image(path))

    def facts(self, path: Path) -> ClipFacts:
        """Read the image's size; raise ClipError as :meth:`frames` does."""
        height, width = read_image(path).shape[:2]
        return ClipFacts(self.kind, height, width)


@register_reader
class ImageFolderReader:
    """Reads a folder of images as a clip, in the natural order of their names."""

    kind = "image folder"

    def accepts(self, path: Path) -> bool:
        """Tell whether `path` is a folder."""
        return path.is_dir()

    def count(self, path: Path) -> int:
        """Return the number of images once each has been read.

        Raises
        ------
        ClipError
            As for :meth:`frames`.
        """
        return sum(1 for _ in self.frames(path, None))

    def frames(self, path: Path, only: Container[int] | None) -> Iterator[Frame]:
        """Yield the folder's images whose numbers are in `only` (all if None).

        Raises
        ------
        ClipError
            If the folder holds no image or one that cannot be read.
        """
        for index, file in enumerate(image_files(path)):
            if only is None or index in only:
                yield Frame(index, math.nan, read_image(file))

    def facts(self, path: Path) -> ClipFacts:
        """Read the first image's size; raise ClipError as :meth:`frames` does."""
        height, width = read_image(image_files(path)[0]).shape[:2]
        return ClipFacts(self.kind, height, width)


def image_files(folder: Path) -> list[Path]:
    """List a folder's images so that ``frame2`` comes before ``frame10``.

    Raises
    ------
    ClipError
        If there is none.
    """
    files = [
        file
        for file in folder.iterdir()
        if file.suffix.lower() in IMAGE_SUFFIXES and not file.name.startswith(".")
    ]
    if not files:
        raise ClipError(
            f"{folder} holds no images; expected files ending in {', '.join(IMAGE_SUFFIXES)}."
        )
    return sorted(files, key=_natural)


def _natural(path: Path) -> list[tuple[int, str]]:
    parts = re.split(r"(\d+)", path.name)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def read_image(path: Path) -> NDArray[np.uint8]:
    """Read an image file.

    Greyscale is repeated over the three channels, a palette is looked up, transparency is laid
    over black, and 16-bit greyscale keeps its eight upper bits.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)

    Raises
    ------
    ClipError
        If the file is not an image or is cut short.
    """
    try:
        with Image.open(path) as image:
            if image.mode.startswith("I"):
                return _sixteen_bit(path, np.asarray(image))
            if image.has_transparency_data:
                black = Image.new("RGBA", image.size, (0, 0, 0, 255))
                return np.array(Image.alpha_composite(black, image.convert("RGBA")).convert("RGB"))
            return np.array(image.convert("RGB"))
    except UnidentifiedImageError:
        raise ClipError(
            f"{path} is not an image; expected the content its name promises."
        ) from None
    except (OSError, SyntaxError, ValueError) as error:
        raise ClipError(f"{path} cannot be read as an image ({error}); copy it again.") from None


def _sixteen_bit(path: Path, values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Scale 0–65535 to 0–255 and repeat over three channels."""
    wide = values.astype(np.int64)
    if wide.min() < 0 or wide.max() > 65535:
        raise ClipError(f"{path} holds values outside 0–65535; save it with 8 or 16 bits.")
    return np.repeat((wide >> 8).astype(np.uint8)[..., None], 3, axis=2)
