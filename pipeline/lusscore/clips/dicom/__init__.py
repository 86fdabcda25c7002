"""DICOM files: still and moving images, whatever their transfer syntax."""

from lusscore.clips.dicom.reader import DICOM_SUFFIXES, DicomReader

__all__ = ["DICOM_SUFFIXES", "DicomReader"]
