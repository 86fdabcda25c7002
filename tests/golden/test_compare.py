"""A comparison that can only say yes is none: each kind of difference is seen."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
from compare import main

RUN = "results/phantom/nested"


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    """A folder like that of make_outputs.py, with two frames."""
    base = tmp_path / "old" / "phantom"
    for folder in ("data/phantom", "features/phantom", "exam", "own-exam"):
        (base / folder).mkdir(parents=True)
    (base / "data/phantom/manifest.csv").write_text("clip\nb.mp4\na.mp4\n")
    with h5py.File(base / "features/phantom/net.h5", "w") as file:
        file["embeddings"] = np.arange(24, dtype=np.float16).reshape(2, 2, 6)
        file["frames/clip"], file["frames/index"] = [0, 1], [4, 0]
        file["clips/path"] = ["a.mp4", "b.mp4"]
    one = {"rows": 2, "pooled": {"accuracy": 0.5}, "interval": {"accuracy": [0.1, None]}}
    for run in ("paper", "nested"):
        folder = base / "results/phantom" / run
        folder.mkdir(parents=True)
        (folder / "predictions.csv").write_text(
            "model,repeat,fold,clip,frame,truth,p0,p1,p2,p3\n"
            "m,1,1,a.mp4,4,2,0.25,0.25,0.25,0.25\nm,1,2,b.mp4,0,1,0.5,0.5,0,0\n"
        )
        metrics = {"levels": {"frame": {"m": one}}, "exams": {"m": one}}
        (folder / "metrics.json").write_text(json.dumps(metrics))
    exam = {"global_score": {"sum": 3}, "zones": [], "clips": []}
    for name in ("exam", "own-exam"):
        (base / name / "exam.json").write_text(json.dumps(exam))
    return tmp_path / "old"


def other_bit(new: Path) -> None:
    with h5py.File(new / "features/phantom/net.h5", "r+") as file:
        bits = file["embeddings"][:].view("u2")
        bits[1, 1, 5] ^= 1
        file["embeddings"][:] = bits.view("f2")


def other_frame(new: Path) -> None:
    with h5py.File(new / "features/phantom/net.h5", "r+") as file:
        file["frames/index"][0] = 5


def other_text(path: str, old: str, text: str) -> Callable[[Path], None]:
    def change(new: Path) -> None:
        before = (new / path).read_text()
        assert old in before
        (new / path).write_text(before.replace(old, text))

    return change


def other_order(new: Path) -> None:
    """Write the same rows in another order, which is no difference."""
    with h5py.File(new / "features/phantom/net.h5", "r+") as file:
        for name in ("embeddings", "frames/clip", "frames/index"):
            file[name][:] = file[name][:][::-1]
    path = new / RUN / "predictions.csv"
    head, *rows = path.read_text().splitlines()
    path.write_text("\n".join([head, *reversed(rows)]) + "\n")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda new: None, "Equal"),
        (other_order, "Equal"),
        (other_bit, "embeddings: 1 of 24"),
        (other_frame, "embeddings: of other"),
        (other_text(f"{RUN}/predictions.csv", "0.5,0.5", "0.5,0.500000001"), "predictions of nest"),
        (other_text(f"{RUN}/predictions.csv", "1,2,b", "1,3,b"), "predictions of nested"),
        (other_text(f"{RUN}/predictions.csv", "b.mp4,0", "b.mp4,1"), "predictions of nested"),
        (other_text(f"{RUN}/metrics.json", "0.1", "0.2"), "metrics of nested"),
        (other_text("own-exam/exam.json", "3", "4"), "own-exam"),
    ],
)
def test_what_differs_is_told(outputs: Path, change: Callable[[Path], None], told: str) -> None:
    new = outputs.parent / "new"
    shutil.copytree(outputs, new)
    change(new / "phantom")
    sentences: list[str] = []
    code = main(outputs, new, sentences.append)
    assert len(sentences) == 1
    assert told in sentences[0]
    assert code == (0 if told == "Equal" else 1)
