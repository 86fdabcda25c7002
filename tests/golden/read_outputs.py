"""What two commits must agree on, read from the files that commands leave.

Everything is joined by meaning: clips by their order in the manifest, frames by their number,
models and measures by name. Order of rows, wording, settings and times are not looked at.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
from make_outputs import read_manifest
from numpy.typing import NDArray

PROBABILITIES = ["p0", "p1", "p2", "p3"]
PREDICTION_KEYS = ["model", "repeat", "clip", "frame"]


@dataclass(frozen=True)
class Embeddings:
    """All embeddings of a cohort, sorted by clip and frame."""

    clip: NDArray[np.int64]  # (frames,): the clip's order number in the manifest
    frame: NDArray[np.int64]  # (frames,): its number in the clip
    values: NDArray[Any]  # as stored, float16, (frames, 1 + variants, width)


def read_embeddings(folder: Path, cohort: str) -> Embeddings:
    """Read the only feature file that a cohort has."""
    (path,) = (folder / "features" / cohort).glob("*.h5")
    numbers = _clip_numbers(folder, cohort)
    with h5py.File(path) as file:
        own = np.array([numbers[name] for name in file["clips/path"].asstr()[:]])
        clip, frame = own[file["frames/clip"][:]], file["frames/index"][:].astype(np.int64)
        order = np.lexsort((frame, clip))
        return Embeddings(clip[order], frame[order], file["embeddings"][:][order])


def read_predictions(folder: Path, cohort: str, run: str) -> pd.DataFrame:
    """Read a run's predictions: keys, by which they are sorted, fold, truth, probabilities."""
    table = pd.read_csv(folder / "results" / cohort / run / "predictions.csv")
    table["clip"] = table["clip"].map(_clip_numbers(folder, cohort))
    columns = [*PREDICTION_KEYS, "fold", "truth", *PROBABILITIES]
    return table[columns].sort_values(PREDICTION_KEYS, ignore_index=True)


def read_metrics(folder: Path, cohort: str, run: str) -> dict[str, float]:
    """Read a run's main measures: ``level · model · measure``, and both ends of intervals."""
    text = (folder / "results" / cohort / run / "metrics.json").read_text(encoding="utf-8")
    metrics = json.loads(text)
    levels = metrics["levels"] | {"exam": metrics["exams"]}
    chosen = {
        level: {
            model: {part: one[part] for part in ("rows", "pooled", "interval") if part in one}
            for model, one in models.items()
        }
        for level, models in levels.items()
    }
    return dict(_numbers(chosen))


def read_exam(folder: Path, name: str = "exam") -> dict[str, float]:
    """Read the numbers of a scored exam: of zones by their names, of clips by their numbers."""
    exam = json.loads((folder / name / "exam.json").read_text(encoding="utf-8"))
    kept = ("score", "probabilities", "confidence", "distance", "key_frame")
    clips = {
        clip["clip"]: {key: clip[key] for key in kept}
        | {"outside_sector": clip["evidence"]["outside_sector"], "review": bool(clip["review"])}
        | {"frame": {one["frame"]: one["probabilities"] for one in clip["frames"]}}
        for clip in exam["clips"]
    }
    zones = {
        zone["zone"]: {"score": zone["score"], "probabilities": zone["probabilities"]}
        for zone in exam["zones"]
    }
    return dict(_numbers({"global": exam["global_score"], "zone": zones, "clip": clips}))


def _clip_numbers(folder: Path, cohort: str) -> dict[str, int]:
    """Number the clips by their first row in the manifest, from 1."""
    clips = dict.fromkeys(row["clip"] for row in read_manifest(folder, cohort))
    return {clip: number for number, clip in enumerate(clips, 1)}


def _numbers(value: Any, name: str = "") -> Iterator[tuple[str, float]]:
    """Yield the numbers inside `value` with where they are; None is NaN, and text is left out."""
    if isinstance(value, (dict, list)):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _numbers(inner, f"{name} · {key}" if name else str(key))
    elif value is None or isinstance(value, (bool, int, float)):
        yield name, float("nan" if value is None else value)
