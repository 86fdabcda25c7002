"""JPEG of 12 bits (process 4) through GDCM, which pydicom does not ask for it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"


def decode_twelve_bit(frame: bytes, height: int, width: int) -> NDArray[Any]:
    """Decode a greyscale frame of 12-bit JPEG.

    Broken frames can end the process: call it through
    :class:`lusscore.clips.dicom.decoder_process.DecoderProcess`.

    Returns
    -------
    ndarray of uint16, shape (height, width)

    Raises
    ------
    ValueError
        If it cannot be decoded.
    ImportError
        If GDCM is not installed.
    """
    import gdcm

    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(frame)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((width, height, 1))
    image.SetDataElement(element)
    grey = gdcm.PhotometricInterpretation.MONOCHROME2
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(grey))
    syntax = gdcm.TransferSyntax.GetTSType(_JPEG_EXTENDED)
    image.SetTransferSyntax(gdcm.TransferSyntax(syntax))
    image.SetPixelFormat(gdcm.PixelFormat(1, 16, 12, 11, 0))
    # GDCM hands over bytes as text
    pixels = image.GetBuffer().encode("utf-8", "surrogateescape")
    return np.frombuffer(pixels, "<u2").reshape(height, width)
