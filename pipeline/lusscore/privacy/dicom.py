"""De-identified copies of DICOM files: a header of listed elements, pixels without loss."""

from __future__ import annotations

import io
import math
import re
import warnings
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lusscore.errors import ClipError
from lusscore.files import same_name
from lusscore.privacy.pictures import blanked, verify_lossless

if TYPE_CHECKING:
    from pydicom import Dataset

METHOD = "lusscore: listed elements kept"
_UIDS = ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
_DEVICE = ("Manufacturer", "ManufacturerModelName")
_RATES = ("CineRate", "RecommendedDisplayFrameRate")
_EMPTY = (
    *("AccessionNumber", "InstanceNumber", "PatientBirthDate", "PatientSex"),
    *("ReferringPhysicianName", "SeriesNumber", "StudyTime"),
)
_NAMES = (
    *("PatientName", "PatientID", "OtherPatientNames", "OtherPatientIDs", "PatientBirthName"),
    *("InstitutionName", "StationName", "OperatorsName"),
    *("PerformingPhysicianName", "ReferringPhysicianName"),
)
_REGION = (
    *("RegionSpatialFormat", "RegionDataType", "RegionFlags"),
    *("RegionLocationMinX0", "RegionLocationMinY0", "RegionLocationMaxX1", "RegionLocationMaxY1"),
    *("ReferencePixelX0", "ReferencePixelY0"),
    *("PhysicalUnitsXDirection", "PhysicalUnitsYDirection"),
    *("ReferencePixelPhysicalValueX", "ReferencePixelPhysicalValueY"),
    *("PhysicalDeltaX", "PhysicalDeltaY", "TransducerFrequency", "PulseRepetitionFrequency"),
)
_RANGES = {"US": (0, 65535), "UL": (0, 2**32 - 1), "SL": (-(2**31), 2**31 - 1), "FD": (-1e9, 1e9)}
_MULTIFRAME_CAPTURE = "1.2.840.10008.5.1.4.1.1.7.4"
_SHORT = 3  # letters; so short a part of a name is part of many other words
_EVEN = 1e-4  # seconds by which frames may be early or late and still count as evenly spaced


@dataclass(frozen=True)
class Owner:
    """Whose a clip is: pseudonyms, and the secret from which UIDs and dates are made."""

    patient: str
    exam: str
    clip: str
    seed: str


def copy_dicom(
    clip: Path, copy: Path, keep: NDArray[np.bool_], owner: Owner, *, clean: bool
) -> None:
    """Write a de-identified copy of a DICOM file.

    Frames are stored as they are shown, in 8 bits, as JPEG 2000 without loss, whatever they were
    stored as (windows, palettes and H.264 are applied and gone).

    What of its frames may stay is where `keep` is true; the rest becomes black. `clean` says that
    surely no name is left in the frames, so that the header may say so.

    Raises ClipError if the file cannot be read or the copy, read back, does not show what it must.
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
            if verify_lossless(clip, copy, keep):
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


def clean_header(source: Dataset, owner: Owner) -> Dataset:
    """Return the header of the de-identified copy of a DICOM file, without its pixels.

    Kept are the kind of object, UIDs and the study's date as dicognito replaces them, modality,
    manufacturer and model, frame rates, and the numbers in the ultrasound regions. Everything
    that is not on this list is left out, at any depth: names, free text, private elements,
    overlays, icons, annotations and what a later edition of DICOM may add.

    Files of owners with the same seed get consistent UIDs and dates.
    """
    from dicognito.anonymizer import Anonymizer
    from pydicom import Dataset
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import PYDICOM_IMPLEMENTATION_UID

    header = Dataset()
    header.SpecificCharacterSet = "ISO_IR 192"
    header.SOPClassUID = _object_class(source)
    for keyword in _UIDS:
        # dicognito replaces what is there; where there is nothing, a pseudonym stands for it
        stand_in = owner.clip if keyword == "SOPInstanceUID" else owner.exam
        setattr(header, keyword, _text(source, keyword) or f"{keyword} of {stand_in}")
    header.StudyDate = _date(source)
    header.Modality = _text(source, "Modality") if _text(source, "Modality") == "US" else "OT"
    names = _names(source)
    for keyword in _DEVICE:
        text = _text(source, keyword)
        setattr(header, keyword, "" if _is_named(text, names) else text)
    for keyword in _RATES:
        rate = _text(source, keyword)
        if re.fullmatch(r"\d{1,3}", rate):
            setattr(header, keyword, rate)
    regions = _regions(source)
    if regions:
        header.SequenceOfUltrasoundRegions = regions
    header.file_meta = FileMetaDataset()
    header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID
    Anonymizer(seed=owner.seed).anonymize(header)
    header.file_meta.MediaStorageSOPClassUID = header.SOPClassUID
    header.file_meta.ImplementationClassUID = PYDICOM_IMPLEMENTATION_UID
    header.DeidentificationMethod = [header.DeidentificationMethod, METHOD]
    header.PatientName = header.PatientID = owner.patient
    header.StudyID = owner.exam
    for keyword in _EMPTY:
        setattr(header, keyword, "")
    return header


def _text(source: Dataset, keyword: str) -> str:
    """Return an element's value as text; empty when there is none or it cannot be read."""
    try:
        value = source.get(keyword)
    except Exception:
        # whatever a broken element makes pydicom raise, the copy does without it
        return ""
    return "" if value is None else str(value).strip()


def _object_class(source: Dataset) -> str:
    """Return the kind of object if DICOM defines it; a private one could tell anything."""
    from pydicom.uid import UID

    uid = UID(_text(source, "SOPClassUID"))
    return str(uid) if uid.type == "SOP Class" else _MULTIFRAME_CAPTURE


def _date(source: Dataset) -> str:
    date = _text(source, "StudyDate").replace(".", "")
    try:
        return date if datetime.strptime(date, "%Y%m%d") else ""
    except ValueError:
        return ""


def _names(source: Dataset) -> set[str]:
    """Return the parts of people's and places' names and ids, of two letters and more."""
    return {part for keyword in _NAMES for part in _words(_text(source, keyword)) if len(part) > 1}


def _is_named(text: str, names: set[str]) -> bool:
    """Tell whether a part of a name is in `text`; short parts count as whole words."""
    words = set(_words(text))
    return any(name in words or (len(name) > _SHORT and name in same_name(text)) for name in names)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", same_name(text))


def _regions(source: Dataset) -> list[Dataset]:
    """Return the ultrasound regions with listed numbers alone, one of each.

    Each is made anew as a number: a broken file may call a text an array of numbers.
    """
    from pydicom import Dataset
    from pydicom.datadict import dictionary_VR

    regions = []
    for old in source.get("SequenceOfUltrasoundRegions") or ():
        region = Dataset()
        for keyword in _REGION:
            kind = dictionary_VR(keyword)
            # what cannot be read as one number is left out
            with suppress(Exception):
                value = old[keyword].value
                number = float(value) if kind == "FD" else int(value)
                least, most = _RANGES[kind]
                if least <= number <= most:
                    region.add_new(keyword, kind, number)
        regions.append(region)
    return regions
