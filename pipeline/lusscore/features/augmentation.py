"""Augmented variants: rotation, shift, scale and horizontal flip of a letterboxed frame."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

from lusscore.cohort import ExtractionSettings


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


def apply_transform(image: Image.Image, transform: Transform) -> Image.Image:
    """Apply a transform, in one bilinear resampling; what comes into view is black.

    Parameters
    ----------
    image
        RGB.
    transform
        What to do.

    Returns
    -------
    Image
        RGB, the same size.
    """
    width, height = image.size
    angle = math.radians(transform.angle)
    cos, sin = math.cos(angle) / transform.scale, math.sin(angle) / transform.scale
    down, right = transform.shift
    centre_x, centre_y = width / 2, height / 2
    # Pillow wants the way back: for each output pixel, where in the input it comes from.
    a, b, d, e = cos, -sin, sin, cos
    to_x, to_y = centre_x + right * width, centre_y + down * height
    c = centre_x - a * to_x - b * to_y
    f = centre_y - d * to_x - e * to_y
    if transform.flip:
        a, b, c = -a, -b, width - c
    return image.transform(
        image.size, Image.Transform.AFFINE, (a, b, c, d, e, f), Image.Resampling.BILINEAR
    )
