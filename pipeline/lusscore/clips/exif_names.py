"""Which Exif entries of an image could tell who the patient is."""

from __future__ import annotations

from PIL import Image
from PIL.ExifTags import IFD, TAGS

# Entries of the first directory that tell of the picture and the program, not of people.
_LISTED = """
    ImageWidth ImageLength BitsPerSample Compression PhotometricInterpretation StripOffsets
    SamplesPerPixel RowsPerStrip StripByteCounts XResolution YResolution PlanarConfiguration
    ResolutionUnit Software Orientation ExifOffset YCbCrPositioning YCbCrSubSampling
    YCbCrCoefficients ReferenceBlackWhite FillOrder NewSubfileType SubfileType Predictor ColorMap
    ExtraSamples SampleFormat TileWidth TileLength TileOffsets TileByteCounts PageNumber
    JPEGTables ExifInteroperabilityOffset WhitePoint PrimaryChromaticities TransferFunction
    InterColorProfile GPSInfo
"""
_TECHNICAL = frozenset(_LISTED.split())
# Entries of the second directory that tell of people or times; the rest is the camera's.
_PERSONAL = (0x9003, 0x9004, 0x927C, 0x9286, 0xA420, 0xA430, 0xA431, 0xA435)


def exif_names(image: Image.Image) -> set[str]:
    """Return the names of Exif entries that are not known to be technical."""
    exif = image.getexif()
    names = {TAGS.get(tag, "unknown Exif entry") for tag in exif} - _TECHNICAL
    names |= {TAGS[tag] for tag in exif.get_ifd(IFD.Exif) if tag in _PERSONAL}
    if exif.get_ifd(IFD.GPSInfo):
        names.add("GPSInfo")
    return names
