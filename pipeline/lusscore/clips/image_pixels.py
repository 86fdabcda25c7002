"""An image's pixels as RGB, the right way up."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from PIL.ExifTags import Base

from lusscore.errors import ClipError

_QUARTER_TURNS = (5, 6, 7, 8)


def is_turned(image: Image.Image) -> bool:
    """Tell whether height and width will change places when the image is set upright."""
    # Pillow sets TIFF upright by itself and gives the size that results
    return image.format != "TIFF" and image.getexif().get(Base.Orientation) in _QUARTER_TURNS


def page_to_rgb(image: Image.Image) -> NDArray[np.uint8]:
    """Turn the page of an image that is open into RGB.

    Greyscale is repeated over the three channels, a palette is looked up, transparency is laid
    over black, 16-bit greyscale keeps its eight upper bits, CMYK is converted without a colour
    profile, and the picture is turned as its Exif orientation asks.

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)

    Raises
    ------
    ClipError
        If its values are floating-point or wider than 16 bits.
    """
    image.load()
    if image.mode == "F":
        raise ClipError(
            "the image holds floating-point values, which have no brightest one",
            advice="save it with 8 or 16 bits",
        )
    upright = image if image.format == "TIFF" else ImageOps.exif_transpose(image)
    if upright.mode.startswith("I"):
        return _sixteen_bit(np.asarray(upright))
    if upright.has_transparency_data:
        black = Image.new("RGBA", upright.size, (0, 0, 0, 255))
        opaque = Image.alpha_composite(black, upright.convert("RGBA"))
        return np.array(opaque.convert("RGB"))
    return np.array(upright.convert("RGB"))


def _sixteen_bit(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Scale 0–65535 to 0–255 and repeat over three channels."""
    wide = values.astype(np.int64)
    if wide.min() < 0 or wide.max() > 65535:
        raise ClipError(
            "the image holds values outside 0–65535", advice="save it with 8 or 16 bits"
        )
    return np.repeat((wide >> 8).astype(np.uint8)[..., None], 3, axis=2)
