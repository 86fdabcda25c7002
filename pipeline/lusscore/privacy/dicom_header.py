"""The header of a de-identified DICOM file: what is on a short list, and nothing else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from lusscore.privacy.dicom_regions import clean_regions

if TYPE_CHECKING:
    from pydicom import Dataset

_UIDS = ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
_DEVICE = ("Manufacturer", "ManufacturerModelName")
_RATES = ("CineRate", "RecommendedDisplayFrameRate")
_NAMES = (
    "PatientName",
    "PatientID",
    "OtherPatientNames",
    "OtherPatientIDs",
    "PatientBirthName",
    "InstitutionName",
    "StationName",
    "OperatorsName",
    "PerformingPhysicianName",
    "ReferringPhysicianName",
)
_SHORT = 3
"""Letters; so short a part of a name is part of many other words."""

_MULTIFRAME_CAPTURE = "1.2.840.10008.5.1.4.1.1.7.4"
METHOD = "lusscore: listed elements kept"


@dataclass(frozen=True)
class Owner:
    """Whose a DICOM file is.

    Attributes
    ----------
    patient, exam, clip
        Pseudonyms.
    seed
        Secret from which the patient's UIDs and dates are made.
    """

    patient: str
    exam: str
    clip: str
    seed: str


def clean_header(source: Dataset, owner: Owner) -> Dataset:
    """Return the header of the de-identified copy of a DICOM file, without its pixels.

    Kept are the kind of object, UIDs and the study's date as dicognito replaces them, modality,
    manufacturer and model, frame rates, and the numbers in the ultrasound regions. Everything
    that is not on this list is left out, at any depth: names, free text, private elements,
    overlays, icons, annotations and what a later edition of DICOM may add.

    Parameters
    ----------
    source
        The file's data set.
    owner
        Whose it is. Files with the same seed get consistent UIDs and dates.
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
    regions = clean_regions(source)
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
    for keyword in (
        "AccessionNumber",
        "InstanceNumber",
        "PatientBirthDate",
        "PatientSex",
        "ReferringPhysicianName",
        "SeriesNumber",
        "StudyTime",
    ):
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
    return any(name in words or (len(name) > _SHORT and name in text.casefold()) for name in names)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.casefold())
