"""What a backbone sees of a frame: the letterboxed clean image and its augmented variants."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lusscore.clips import Frame
from lusscore.cohort import ExtractionSettings

# Frames are made beside each other by threads of ours; more within one image would be in the way.
cv2.setNumThreads(1)


@dataclass(frozen=True)
class Transform:
    """One draw from the augmentation's ranges.

    Attributes
    ----------
    angle
        Rotation about the image centre in degrees, anticlockwise as seen.
    shift
        (down, right) as fractions of height and width.
    scale
        Magnification; 1 leaves the size.
    flip
        Whether left and right are swapped, before all else.
    """

    angle: float
    shift: tuple[float, float]
    scale: float
    flip: bool


def make_variants(
    frame: Frame,
    clip_digest: str,
    settings: ExtractionSettings,
    size: tuple[int, int],
    variants: Sequence[int] | None = None,
) -> NDArray[np.uint8]:
    """Make variants of a frame at a backbone's input size.

    Parameters
    ----------
    frame
        The frame as decoded.
    clip_digest
        SHA-256 of the clip's media bytes; seeds the augmentation.
    settings
        Number of variants, ranges and seed.
    size
        (height, width) in pixels.
    variants
        Numbers of the variants to make; None for the clean frame (0) and all others.

    Returns
    -------
    ndarray of uint8, shape (variants, height, width, 3), 0–255
    """
    wanted = range(1 + settings.variants) if variants is None else variants
    clean = np.asarray(letterbox(Image.fromarray(frame.rgb), size))
    images = np.empty((len(wanted), *size, 3), np.uint8)
    for row, variant in enumerate(wanted):
        images[row] = (
            apply_transform(clean, draw_transform(settings, clip_digest, frame.index, variant))
            if variant
            else clean
        )
    return images


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
    left, top, width, height = letterbox_box(image.height, image.width, size)
    scaled = image.resize((width, height), Image.Resampling.BILINEAR)
    if (height, width) == size:
        return scaled
    canvas = Image.new("RGB", size[::-1])
    canvas.paste(scaled, (left, top))
    return canvas


def letterbox_box(height: int, width: int, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return where an image lies once it is letterboxed: (left, top, width, height) in pixels.

    Parameters
    ----------
    height, width
        Of the image.
    size
        (height, width) of the result.
    """
    rows, columns = size
    factor = min(columns / width, rows / height)
    wide, high = max(1, round(width * factor)), max(1, round(height * factor))
    return (columns - wide) // 2, (rows - high) // 2, wide, high


def draw_transform(
    settings: ExtractionSettings, clip_digest: str, frame: int, variant: int
) -> Transform:
    """Draw the transform of one variant.

    A pure function of (seed, clip digest, frame number, variant): the same whatever the order,
    the worker, the run or the backbone.

    Parameters
    ----------
    settings
        Ranges and seed.
    clip_digest
        SHA-256 of the clip's media bytes.
    frame
        Frame number in the clip.
    variant
        1 or more; variant 0 is the clean frame and has no transform.
    """
    key = f"{settings.seed}|{clip_digest}|{frame}|{variant}".encode()
    seed = int.from_bytes(hashlib.blake2b(key, digest_size=16).digest(), "big")
    angle, down, right, scale, flip = np.random.Generator(np.random.Philox(seed)).uniform(-1, 1, 5)
    return Transform(
        angle=float(angle * settings.rotation),
        shift=(float(down * settings.shift), float(right * settings.shift)),
        scale=float(1 + scale * settings.scale),
        flip=bool(settings.flip and flip < 0),
    )


def apply_transform(image: NDArray[np.uint8], transform: Transform) -> NDArray[np.uint8]:
    """Apply a transform, in one bilinear resampling; what comes into view is black.

    Parameters
    ----------
    image
        uint8, shape (height, width, 3), 0–255.
    transform
        What to do.

    Returns
    -------
    ndarray of uint8, the same shape
        A new array.
    """
    height, width = image.shape[:2]
    angle = math.radians(transform.angle)
    cos, sin = math.cos(angle) / transform.scale, math.sin(angle) / transform.scale
    down, right = transform.shift
    # The way back: for each output pixel, where in the input it comes from. Pixel centres have
    # whole coordinates, so the middle of the image lies between them.
    middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
    to_x, to_y = middle_x + right * width, middle_y + down * height
    back = np.array(
        [
            [cos, -sin, middle_x - cos * to_x + sin * to_y],
            [sin, cos, middle_y - sin * to_x - cos * to_y],
        ]
    )
    if transform.flip:
        back[0] = -back[0]
        back[0, 2] += width - 1
    moved = cv2.warpAffine(
        image,
        back,
        (width, height),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=0,
    )
    return np.asarray(moved, dtype=np.uint8)
