"""What kind of clip an upload is, by its content: its name is not asked."""

from __future__ import annotations

HEAD = 160
"""Bytes from the beginning that tell."""

_SIGNS: tuple[tuple[int, bytes, str], ...] = (
    (128, b"DICM", ".dcm"),
    (4, b"ftypqt", ".mov"),
    (4, b"ftyp", ".mp4"),
    (4, b"moov", ".mov"),
    (4, b"mdat", ".mov"),
    (4, b"wide", ".mov"),
    (0, b"\x1a\x45\xdf\xa3", ".mkv"),
    (8, b"AVI ", ".avi"),
    (8, b"WEBP", ".webp"),
    (0, b"\x30\x26\xb2\x75", ".wmv"),
    (0, b"\x00\x00\x01\xba", ".mpg"),
    (0, b"\x00\x00\x01\xb3", ".mpg"),
    (0, b"GIF8", ".gif"),
    (0, b"\x89PNG\r\n\x1a\n", ".png"),
    (0, b"\xff\xd8\xff", ".jpg"),
    (0, b"BM", ".bmp"),
    (0, b"II*\x00", ".tif"),
    (0, b"MM\x00*", ".tif"),
)

_ARCHIVES = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ")


def clip_suffix(head: bytes) -> str:
    """Return the suffix under which a file that begins with `head` is kept; empty for none.

    DICOM files may lack their mark: what begins with a group of small number is tried as one.
    """
    for start, sign, suffix in _SIGNS:
        if head[start : start + len(sign)] == sign:
            return suffix
    return ".dcm" if head[:1] in (b"\x02", b"\x08") and head[1:2] == b"\x00" else ""


def is_archive(head: bytes) -> bool:
    """Tell whether it is a packed archive, which must be unpacked first."""
    return head.startswith(_ARCHIVES)
