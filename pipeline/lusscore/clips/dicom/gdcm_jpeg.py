"""JPEG of 12 bits (process 4) through GDCM, which pydicom does not ask for it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusscore.clips.dicom.layout import PixelLayout

_JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"


def decode_twelve_bit(frame: bytes, layout: PixelLayout) -> NDArray[Any]:
    """Decode a greyscale frame of 12-bit JPEG.

    Returns
    -------
    ndarray of uint16, shape (height, width)

    Raises
    ------
    ValueError
        If it is no such frame or cannot be decoded.
    ImportError
        If GDCM is not installed.
    """
    import gdcm

    if layout.samples != 1 or layout.allocated != 16 or layout.signed:
        raise ValueError("not greyscale in 16 bits")
    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(frame)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((layout.width, layout.height, 1))
    image.SetDataElement(element)
    grey = gdcm.PhotometricInterpretation.MONOCHROME2
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(grey))
    syntax = gdcm.TransferSyntax.GetTSType(_JPEG_EXTENDED)
    image.SetTransferSyntax(gdcm.TransferSyntax(syntax))
    image.SetPixelFormat(gdcm.PixelFormat(1, 16, 12, 11, 0))
    # GDCM hands over bytes as text
    pixels = image.GetBuffer().encode("utf-8", "surrogateescape")
    return np.frombuffer(pixels, "<u2").reshape(layout.height, layout.width)
