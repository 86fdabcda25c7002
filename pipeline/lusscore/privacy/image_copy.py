"""De-identified copies of images and image folders: pixels and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lusscore.errors import ClipError
from lusscore.privacy.blanking import blanked
from lusscore.privacy.proof import same_pictures


def copy_image(clip: Path, copy: Path, keep: NDArray[np.bool_]) -> None:
    """Write the one frame of a clip as PNG, black where `keep` is false.

    Raises
    ------
    ClipError
        If the clip cannot be read.
    """
    for frame in blanked(clip, keep):
        _write(copy, frame.rgb)
    _prove(clip, copy, keep)


def copy_images(clip: Path, copy: Path, keep: NDArray[np.bool_]) -> None:
    """Write each frame of a clip as PNG into a new folder, numbered in order.

    Raises
    ------
    ClipError
        If the clip cannot be read.
    """
    copy.mkdir()
    for frame in blanked(clip, keep):
        _write(copy / f"{frame.index:06d}.png", frame.rgb)
    _prove(clip, copy, keep)


def _write(path: Path, rgb: NDArray[np.uint8]) -> None:
    grey = rgb[..., 0]
    is_grey = bool((rgb == grey[..., None]).all())
    # an image made of an array has nothing but pixels: no EXIF, text, profile or thumbnail
    Image.fromarray(np.ascontiguousarray(grey) if is_grey else rgb).save(path, format="PNG")


def _prove(clip: Path, copy: Path, keep: NDArray[np.bool_]) -> None:
    if not same_pictures(clip, copy, keep):
        raise ClipError(
            "the clip changed while it was copied",
            advice="run this again when it is at rest",
            path=clip,
        )
