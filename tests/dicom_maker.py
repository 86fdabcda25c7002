"""Makers of small real DICOM files."""

from __future__ import annotations

import io
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from clip_maker import encode

ULTRASOUND = "1.2.840.10008.5.1.4.1.1.3.1"


def ultrasound_header(
    frames: int, height: int, width: int, photometric: str = "RGB", **elements: Any
) -> FileDataset:
    """Return a multi-frame ultrasound image of 8 bits without pixels."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = ULTRASOUND
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID = ULTRASOUND
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    dataset.Modality = "US"
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = frames, height, width
    grey = photometric.startswith("MONO") or photometric == "PALETTE COLOR"
    dataset.SamplesPerPixel = 1 if grey else 3
    if not grey:
        dataset.PlanarConfiguration = 0
    dataset.PhotometricInterpretation = photometric
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
    dataset.PixelRepresentation = 0
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return dataset


def write_ultrasound(path: Path, video: np.ndarray, **elements: Any) -> Path:
    """Write uncompressed RGB or greyscale frames: uint8, (frames, height, width[, 3])."""
    photometric = "RGB" if video.ndim == 4 else "MONOCHROME2"
    dataset = ultrasound_header(*video.shape[:3], photometric, **elements)
    data = video.tobytes()
    dataset.PixelData = data + b"\0" * (len(data) % 2)
    return save(dataset, path)


def write_encapsulated(
    path: Path, parts: list[bytes], dataset: FileDataset, transfer_syntax: str
) -> Path:
    """Write compressed frames, one fragment each."""
    dataset.file_meta.TransferSyntaxUID = transfer_syntax
    dataset.PixelData = encapsulate(parts)
    dataset["PixelData"].VR = "OB"
    dataset["PixelData"].is_undefined_length = True
    return save(dataset, path)


def save(dataset: FileDataset, path: Path) -> Path:
    dcmwrite(path, dataset, enforce_file_format=True)
    return path


def region(left: int, top: int, right: int, bottom: int, space: int = 1, data: int = 1) -> Dataset:
    """Return a calibrated region whose corners belong to it."""
    item = Dataset()
    item.RegionSpatialFormat, item.RegionDataType = space, data
    item.RegionLocationMinX0, item.RegionLocationMinY0 = left, top
    item.RegionLocationMaxX1, item.RegionLocationMaxY1 = right, bottom
    return item


def coded_stream(video: np.ndarray, codec: str, container: str, *, aspect: int = 1) -> bytes:
    """Encode RGB frames, whose pixels are `aspect` times as wide as high, into bytes."""
    coded = io.BytesIO()

    def stretch(stream: Any) -> None:
        stream.codec_context.sample_aspect_ratio = Fraction(aspect, 1)

    encode(coded, video, codec, container=container, prepare=stretch)
    return coded.getvalue()
