"""Fitting an image into a network's input without stretching it."""

from __future__ import annotations

from PIL import Image


def letterbox(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Scale an image to fit `size`, keep its aspect ratio and pad with black.

    Parameters
    ----------
    image
        RGB.
    size
        (height, width) of the result in pixels.

    Returns
    -------
    Image
        RGB, exactly `size`, the image centred; bilinear with antialiasing when it shrinks.
    """
    height, width = size
    factor = min(width / image.width, height / image.height)
    fitted = (max(1, round(image.width * factor)), max(1, round(image.height * factor)))
    scaled = image.resize(fitted, Image.Resampling.BILINEAR)
    if fitted == (width, height):
        return scaled
    canvas = Image.new("RGB", (width, height))
    canvas.paste(scaled, ((width - fitted[0]) // 2, (height - fitted[1]) // 2))
    return canvas
