"""Clips that cannot be read, each in its own way, in files and folders named after a person."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import numpy as np
from PIL import Image
from pydicom.uid import JPEGBaseline8Bit, RLELossless

from clip_maker import moving_bar, write_video
from dicom_maker import ultrasound_header, write_encapsulated, write_ultrasound

PERSON = ("Ökonomidis", "Xanthippe", "KH77-2213-9", "19390607")
"""Family name, given name, number and date of birth of somebody who does not exist."""


def write_broken(folder: Path) -> list[str]:
    """Write the clips below `folder`; return their paths, and that of one which is not there."""
    family, given, number, birth = PERSON
    # macOS writes names decomposed, others do not
    place = folder / unicodedata.normalize("NFD", f"{family}, {given}") / f"{birth} {number}"
    place.mkdir(parents=True)
    names = [f"{family} {given} {number} {kind}" for kind in range(20)]
    paths = iter([place / name for name in names])

    def made(suffix: str, content: bytes) -> Path:
        path = next(paths).with_suffix(suffix)
        path.write_bytes(content)
        return path

    whole = write_video(place / "whole.mp4", moving_bar(6), faststart=True).read_bytes()
    header = ultrasound_header(1, 4, 4, "MONOCHROME2")
    header.PatientName = f"{family}^{given}"
    dicom = write_ultrasound(
        place / "whole.dcm", moving_bar(2), PatientName=f"{family}^{given}", PatientID=number
    )
    clips = [
        made(".mp4", b""),
        made(".mp4", b"no video, but about " + " ".join(PERSON).encode()),
        made(".mp4", whole[: len(whole) // 2]),
        made(".jpg", b"no image"),
        made(".gif", b"GIF89a"),
        made(".dcm", b"no DICOM"),
        made(".dcm", dicom.read_bytes()[:-500]),
        made(".dcm", dicom.read_bytes()[:140] + b"\xff" * 60 + dicom.read_bytes()[200:]),
        made(".xyz", b"nothing known"),
        write_ultrasound(
            next(paths).with_suffix(".dcm"), moving_bar(1), Rows=65_000,
            StudyDescription=f"{family} {birth}",
        ),
        write_encapsulated(
            next(paths).with_suffix(".dcm"), [b"\xff\xd8 no JPEG"], header, JPEGBaseline8Bit
        ),
        write_encapsulated(next(paths).with_suffix(".dcm"), [b"no runs"], header, RLELossless),
        next(paths).with_suffix(".mp4"),  # gone
        next(paths),  # a folder without images
        next(paths),  # a folder with one that is broken
    ]  # fmt: skip
    floating = next(paths).with_suffix(".tif")
    Image.fromarray(np.zeros((4, 4), np.float32)).save(floating)
    clips.append(floating)
    clips[-3].mkdir()
    clips[-2].mkdir()
    Image.fromarray(moving_bar(1)[0]).save(clips[-2] / f"{family} 1.png")
    (clips[-2] / f"{family} 2.png").write_bytes(b"no image")
    if os.name != "nt":
        clips.append(place / rf"C:\Users\{given}\{family}.mp4")
        clips[-1].write_bytes(b"no video")
    (place / "whole.mp4").unlink()
    (place / "whole.dcm").unlink()
    return [str(path.relative_to(folder)) for path in clips]
