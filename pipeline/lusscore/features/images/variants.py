"""The images that a backbone sees of a frame: the clean one and its augmented variants."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lusscore.clips import Frame
from lusscore.cohort import ExtractionSettings
from lusscore.features.images.augmentation import apply_transform, draw_transform
from lusscore.features.images.letterbox import letterbox


def make_variants(
    frame: Frame, clip_digest: str, settings: ExtractionSettings, size: tuple[int, int]
) -> NDArray[np.uint8]:
    """Make all variants of a frame at a backbone's input size.

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

    Returns
    -------
    ndarray of uint8, shape (1 + variants, height, width, 3), 0–255
        Variant 0 is the clean frame.
    """
    images = np.empty((1 + settings.variants, *size, 3), np.uint8)
    images[0] = np.asarray(letterbox(Image.fromarray(frame.rgb), size))
    for variant in range(1, settings.variants + 1):
        transform = draw_transform(settings, clip_digest, frame.index, variant)
        images[variant] = apply_transform(images[0], transform)
    return images
