"""The de-identified copy of one clip: whole, or not there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from lusscore.clips import read_facts
from lusscore.privacy.blanking import anything_to_blank, kept_pixels
from lusscore.privacy.dicom_copy import copy_dicom
from lusscore.privacy.dicom_header import Owner
from lusscore.privacy.image_copy import copy_image, copy_images
from lusscore.privacy.treatment import RedactionResult
from lusscore.privacy.video_copy import copy_video
from lusscore.sector import Sector

_SUFFIXES = {"DICOM": ".dcm", "image": ".png", "image folder": ""}
_VIDEO = ".mp4"
UNFINISHED = ".unfinished-"
"""How the name of a copy begins that is not complete."""


def copy_name(clip: Path, pseudonym: str) -> str:
    """Return the name that the copy of a clip gets.

    Raises
    ------
    ClipError
        If the clip cannot be read.
    """
    return pseudonym + _SUFFIXES.get(read_facts(clip).kind, _VIDEO)


def copy_clip(
    clip: Path, copy: Path, owner: Owner, find: Callable[[Path], Sector]
) -> RedactionResult:
    """Write a de-identified copy of a clip, which takes its name when it is complete.

    Parameters
    ----------
    clip
        The clip.
    copy
        Where, named by :func:`copy_name`; replaced if it is there.
    owner
        Whose it is.
    find
        Finds the sector.

    Raises
    ------
    ClipError
        If the clip cannot be read, or not be copied faithfully.
    """
    sector = find(clip)
    keep = kept_pixels(sector)
    # of this process alone: a worker may outlive the run that was killed for a moment
    unfinished = copy.with_name(f"{UNFINISHED}{os.getpid()}-{copy.name}")
    remove_copy(unfinished)
    try:
        if copy.suffix == _VIDEO:
            blanked = copy_video(clip, unfinished, keep)
        else:
            blanked = anything_to_blank(clip, keep)
            if copy.suffix == ".dcm":
                sure = not RedactionResult.of(sector.source, blanked=blanked).look_at_it
                copy_dicom(clip, unfinished, keep, owner, clean=sure)
            elif copy.suffix == ".png":
                copy_image(clip, unfinished, keep)
            else:
                copy_images(clip, unfinished, keep)
        remove_copy(copy)
        unfinished.replace(copy)
    finally:
        remove_copy(unfinished)
    return RedactionResult.of(sector.source, blanked=blanked)


def remove_copy(copy: Path) -> None:
    """Remove a copy, file or folder, if it is there."""
    if copy.is_dir():
        shutil.rmtree(copy)
    else:
        copy.unlink(missing_ok=True)
