"""What the golden tests look at: two small cohorts taken through the command line.

``python tests/golden/make_outputs.py FOLDER`` makes FOLDER/phantom and, where ``../shared`` is,
FOLDER/covid-blues; each has ``data``, ``features``, ``results`` and ``exam``. Only the command line
is used, so that the same steps run on any commit.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom.uid import UID

sys.path.append(str(Path(__file__).parent.parent))

from clip_maker import encode
from dicom_maker import save, ultrasound_header
from sector_maker import fan_clip

REPOSITORY = Path(__file__).parents[2]
SHARED = REPOSITORY.parent / "shared"
COHORTS = ("phantom", "covid-blues")
LEVELS = ("--levels", "16.std", "--levels", "32.top")
NESTED = (
    "--select", "best", "--head", "logistic", "--head", "ordinal", "--grid", "C=0.01,1",
    "--levels", "embedding", "--levels", "16.std", "--inner-folds", "2",
)  # fmt: skip

_PATIENTS, _CLIPS_EACH = 8, 3  # of COVID-BLUES, in the order of its manifest
_COLOURED = ("colour.mp4", "colour.png", "colour.dcm")


def lusscore(folder: Path, *arguments: object) -> str:
    """Run a command in `folder`, as a user does, and return what it printed.

    Raises
    ------
    RuntimeError
        If it did not end with exit code 0; what it said is the message.
    """
    environment = {name: text for name, text in os.environ.items() if name[:9] != "LUSSCORE_"}
    done = subprocess.run(
        [sys.executable, "-m", "lusscore", *map(str, arguments)],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"lusscore {arguments}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def make_outputs(folder: Path, cohort: str) -> Path:
    """Make all outputs of one of `COHORTS` in `folder`, which must not be there, and return it."""
    folder.mkdir(parents=True)
    if cohort == "phantom":
        _make_phantom(folder)
        exam = [folder / "data/phantom/clips/phantom-002", *_coloured(folder)]
    else:
        _make_covid_blues(folder)
        exam = [Path(row["clip"]) for row in read_manifest(folder, cohort)[:_CLIPS_EACH]]
    lusscore(folder, "features", cohort)
    lusscore(folder, "cv", cohort, "--head", "softmax", "--run", "paper", "--no-open")
    lusscore(folder, "cv", cohort, "--run", "nested", *NESTED, "--no-open")
    lusscore(folder, "score", *exam, "--output", "exam", "--no-open")
    lusscore(folder, "train", cohort, "--from-run", "nested", "--output", "bundle")
    lusscore(folder, "score", *exam, "--model", "bundle", "--output", "own-exam", "--no-open")
    return folder


def read_manifest(folder: Path, cohort: str) -> list[dict[str, str]]:
    """Read the rows of the cohort's manifest."""
    with (folder / "data" / cohort / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write_manifest(folder: Path, cohort: str, rows: list[dict[str, str]]) -> None:
    path = folder / "data" / cohort / "manifest.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _make_phantom(folder: Path) -> None:
    """Make a phantom whose labels differ within clips, with clips in colour and one unlabelled.

    A phantom has one label per clip and is grey: on it alone nobody would see that labels moved by
    a frame, or that red and blue changed places.
    """
    size = ("--patients", 9, "--covid", 6, "--frames", 3, "--size", 96)
    lusscore(folder, "phantom", *size, "--variants", 1, *LEVELS, "--jobs", 1)
    rows = []
    for number, row in enumerate(read_manifest(folder, "phantom")):
        if number == 0:
            rows.append(row | {"score": ""})
        elif row["zone"] in ("R-post-sup", "L-lat-inf"):
            other = str((int(row["score"]) + 1) % 4)
            rows.append(row | {"frame_start": "0", "frame_end": "1"})
            rows.append(row | {"frame_start": "1", "frame_end": "3", "score": other})
        else:
            rows.append(row)
    blank = dict.fromkeys(rows[0], "")
    for number, path in enumerate(_coloured(folder)):
        place = {"clip": f"clips/{path.name}", "patient": "colour", "exam": str(number)}
        rows.append(blank | place | {"group": "covid"})
    _write_manifest(folder, "phantom", rows)


def _coloured(folder: Path) -> list[Path]:
    """Return a video, an image and a DICOM file in colour, and write them if they are not there."""
    clips = folder / "data/phantom/clips"
    paths = [clips / name for name in _COLOURED]
    if not paths[0].exists():
        video = _tinted(fan_clip(3, 120, 160))
        _write_video(paths[0], video)
        Image.fromarray(video[0]).save(paths[1])
        header = ultrasound_header(*video.shape[:3], SOPInstanceUID=UID("1.2.826.0.1"))
        # another number would be other bytes, and so other augmented copies
        header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID
        header.PixelData = video.tobytes()
        save(header, paths[2])
    return paths


def _write_video(path: Path, video: NDArray[np.uint8]) -> None:
    """Write an MP4 with one thread: x264 with several writes other bytes on a busy machine."""

    def one_thread(stream: Any) -> None:
        stream.thread_count = 1

    options = {"threads": "1", "x264-params": "threads=1"}
    encode(path, video, options=options, prepare=one_thread)


def _tinted(video: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Make frames orange: uint8, (frames, height, width, 3)."""
    return (video * np.array([1.0, 0.6, 0.2])).astype(np.uint8)


def _make_covid_blues(folder: Path) -> None:
    """Import COVID-BLUES and keep the first clips of the first patients: 24 clips of 8 patients."""
    settings = ("--frames", "per-clip:4", "--variants", 1, *LEVELS)
    lusscore(folder, "import", "covid-blues", SHARED / "covid-blues", *settings)
    by_patient: dict[str, list[dict[str, str]]] = {}
    for row in read_manifest(folder, "covid-blues"):
        by_patient.setdefault(row["patient"], []).append(row)
    kept = [row for rows in list(by_patient.values())[:_PATIENTS] for row in rows[:_CLIPS_EACH]]
    _write_manifest(folder, "covid-blues", kept)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for name in COHORTS[: 1 + SHARED.is_dir()]:
        make_outputs(Path(sys.argv[1]).absolute() / name, name)
