"""A folder of everything a probe exports becomes a cohort with one command, and a report."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pydicom
import pytest
from click.testing import Result
from PIL import Image
from pydicom.data import get_testdata_file

from clip_maker import write_gif, write_video
from sector_maker import fan_clip, write_text

VIDEOS = {
    "mp4": ("libx264", "yuv420p"),
    "mov": ("mpeg4", "yuv420p"),
    "avi": ("mjpeg", "yuvj420p"),
    "mpg": ("mpeg1video", "yuv420p"),
    "mkv": ("ffv1", "yuv420p"),
    "wmv": ("wmv2", "yuv420p"),
}
DICOMS = ("examples_rgb_color.dcm", "examples_ybr_color.dcm", "examples_palette.dcm")


def write_dicom(path: Path, seed: int) -> None:
    """Write one of pydicom's ultrasound examples as another recording: its rows rolled."""
    example = get_testdata_file(DICOMS[seed % len(DICOMS)], download=False)
    dataset = pydicom.dcmread(str(example))
    if dataset.file_meta.TransferSyntaxUID.is_compressed:
        dataset.decompress()
    row = len(dataset.PixelData) // dataset.Rows
    pixels = np.frombuffer(dataset.PixelData, np.uint8)
    dataset.PixelData = np.roll(pixels, seed * row).tobytes()
    dataset.save_as(path)


def mixed_folder(root: Path) -> int:
    """Fill <patient>/<zone>/<score>/ with every kind of clip; return how many clips there are."""
    clips = 0
    for patient in range(4):
        for number, zone in enumerate(("R1", "L1")):
            folder = root / f"patient {patient}" / zone / str((patient + number) % 4)
            folder.mkdir(parents=True)
            seed = 10 * patient + number
            video = write_text(fan_clip(5, 96, 128, seed=seed), zone, 60, 60, scale=0.4)
            suffix, (codec, pixels) = list(VIDEOS.items())[(2 * patient + number) % len(VIDEOS)]
            write_video(folder / f"clip.{suffix}", video, codec, pixels=pixels)
            images = [Image.fromarray(image) for image in video]
            write_gif(folder / "loop.gif", video, duration=40)
            write_dicom(folder / f"IM_{seed:04d}{'.dcm' if number else ''}", seed)
            images[1].save(folder / "still_1.png")
            images[2].save(folder / "still_2.jpg", quality=90)
            # the stills of one folder are together one clip
            clips += 4
    return clips


@pytest.mark.slow
def test_a_mixed_folder_reaches_a_report(
    lusscore: Callable[..., Result], tiny_backbone: Path, tmp_path: Path
) -> None:
    clips = mixed_folder(tmp_path / "export")
    done = lusscore("import", "folders", tmp_path / "export", "--name", "mixed",
                    "--protocol", "blue-6", "--variants", 1)  # fmt: skip
    assert done.exit_code == 0, done.output
    told = lusscore("check", "mixed", "--json")
    document = json.loads(told.stdout)
    assert document["summary"]["clips"] == clips
    assert not [f for f in document["findings"] if f["code"] == "unreadable"]
    done = lusscore("features", "mixed", "--backbone", tiny_backbone, "--json")
    assert done.exit_code == 0, done.output
    (outcome,) = json.loads(done.stdout)
    assert outcome["clips"] == clips
    assert outcome["failed"] == {}
    done = lusscore("cv", "mixed", "--backbone", tiny_backbone, "--folds", 2, "--run", "cv",
                    "--head", "softmax", "--set", "epochs=1")  # fmt: skip
    assert done.exit_code == 0, done.output
    run = tmp_path / "results" / "mixed" / "cv"
    assert (run / "report.html").stat().st_size > 10_000
    predictions = pd.read_csv(run / "predictions.csv")
    assert predictions["clip"].nunique() == clips
    kinds = {Path(clip).suffix for clip in predictions["clip"]}
    assert {".mp4", ".mov", ".avi", ".mpg", ".mkv", ".wmv", ".gif", ".dcm", ""} <= kinds
