"""De-identified copies of DICOM files: a new header, pixels blanked and without loss."""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lusscore.errors import ClipError
from lusscore.privacy.blanking import blanked
from lusscore.privacy.dicom_header import Owner, clean_header
from lusscore.privacy.proof import same_pictures

if TYPE_CHECKING:
    from pydicom import Dataset

_EVEN = 1e-4
"""Seconds by which frames may be early or late and still count as evenly spaced."""


def copy_dicom(
    clip: Path, copy: Path, keep: NDArray[np.bool_], owner: Owner, *, clean: bool
) -> None:
    """Write a de-identified copy of a DICOM file.

    Frames are stored as they are shown, in 8 bits, as JPEG 2000 without loss, whatever they were
    stored as (windows, palettes and H.264 are applied and gone).

    Parameters
    ----------
    clip, copy
        The file, and where to write.
    keep
        Bool, shape (height, width): what of its frames may stay; the rest becomes black.
    owner
        Whose it is.
    clean
        Whether it is sure that no name is left in the frames, so that the header may say so.

    Raises
    ------
    ClipError
        If the file cannot be read or the copy, read back, does not show what it must.
    """
    import pydicom

    times, is_grey = _survey(clip, keep)
    with warnings.catch_warnings():
        # pydicom warns of every value that is not as the standard wants it
        warnings.simplefilter("ignore")
        source = pydicom.dcmread(clip, stop_before_pixels=True, force=True)
        for grey in (True, False) if is_grey else (False,):
            dataset = clean_header(source, owner)
            # removed means: from the header and from the pixels (PS3.3 C.12.1.1)
            dataset.PatientIdentityRemoved = "YES" if clean else "NO"
            if clean:
                dataset.BurnedInAnnotation = "NO"
            if source.get("LossyImageCompression") == "01":
                dataset.LossyImageCompression = "01"
            if (source.get("Rows"), source.get("Columns")) != keep.shape:
                dataset.pop("SequenceOfUltrasoundRegions", None)
            _set_times(dataset, times)
            _set_frames(dataset, [_encode(f.rgb, grey) for f in blanked(clip, keep)], keep, grey)
            dataset.save_as(copy, enforce_file_format=True)
            if same_pictures(clip, copy, keep):
                return
    raise ClipError(
        "the clip cannot be copied without loss",
        advice="convert it to uncompressed DICOM and import that",
        path=clip,
    )


def _survey(clip: Path, keep: NDArray[np.bool_]) -> tuple[list[float], bool]:
    """Return the times of all frames, and whether none has colour."""
    times, grey = [], True
    for frame in blanked(clip, keep):
        times.append(frame.time)
        grey = grey and bool((frame.rgb == frame.rgb[..., :1]).all())
    return times, grey


def _set_times(dataset: Dataset, times: Sequence[float]) -> None:
    """State when each frame was taken, in milliseconds, as one interval or as a list."""
    from pydicom.tag import Tag
    from pydicom.valuerep import DSfloat

    if len(times) < 2:
        return
    dataset.NumberOfFrames = len(times)
    if math.isnan(times[-1]):
        return
    steps = np.diff(times)
    mean = float(steps.mean())
    if np.abs(times[0] + mean * np.arange(len(times)) - times).max() <= _EVEN:
        dataset.FrameTime = DSfloat(mean * 1000, auto_format=True)
        dataset.FrameIncrementPointer = Tag("FrameTime")
    else:
        dataset.FrameTimeVector = [
            DSfloat(round(float(step) * 1000, 6), auto_format=True) for step in (0.0, *steps)
        ]
        dataset.FrameIncrementPointer = Tag("FrameTimeVector")


def _set_frames(dataset: Dataset, frames: list[bytes], keep: NDArray[np.bool_], grey: bool) -> None:
    from pydicom.encaps import encapsulate
    from pydicom.uid import JPEG2000Lossless

    dataset.file_meta.TransferSyntaxUID = JPEG2000Lossless
    dataset.Rows, dataset.Columns = keep.shape
    dataset.SamplesPerPixel = 1 if grey else 3
    dataset.PhotometricInterpretation = "MONOCHROME2" if grey else "YBR_RCT"
    if not grey:
        dataset.PlanarConfiguration = 0
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PixelRepresentation = 7, 0
    dataset.add_new("PixelData", "OB", encapsulate(frames))
    dataset["PixelData"].is_undefined_length = True


def _encode(rgb: NDArray[np.uint8], grey: bool) -> bytes:
    """Return a frame as a JPEG 2000 code stream that loses nothing."""
    image = Image.fromarray(np.ascontiguousarray(rgb[..., 0]) if grey else rgb)
    stream = io.BytesIO()
    # no more halvings than the shorter side allows
    levels = max(1, min(6, min(image.size).bit_length()))
    image.save(
        stream,
        format="JPEG2000",
        irreversible=False,
        no_jp2=True,
        mct=0 if grey else 1,
        num_resolutions=levels,
    )
    return stream.getvalue()
