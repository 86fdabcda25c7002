"""The project's own commands, run as users run them and measured from outside."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.process import Finished, run_python
from bench.small_backbone import SMALL_BACKBONE, SMALL_COMMAND
from bench.weights import MeasuredWeights
from lusscore.backbones import BackboneSpec
from lusscore.cohort import Cohort


@dataclass(frozen=True)
class FeaturesRun:
    """A run of ``lusscore features`` with one backbone.

    Attributes
    ----------
    command
        The whole process.
    path
        The feature file.
    clips, images
        Computed.
    seconds
        From the first clip to the last write, without loading the network.
    """

    command: Finished
    path: Path
    clips: int
    images: int
    seconds: float

    @property
    def images_per_s(self) -> float:
        """Images per second."""
        return self.images / self.seconds


@dataclass(frozen=True)
class CvRun:
    """A run of ``lusscore cv`` with one backbone.

    Attributes
    ----------
    command
        The whole process.
    folds
        The file of the folds.
    accuracy, kappa
        Means over the folds, of frames; the kappa is quadratic. None where not defined.
    """

    command: Finished
    folds: Path
    accuracy: float | None
    kappa: float | None


def run_features(
    cohort: Cohort,
    spec: BackboneSpec,
    weights: MeasuredWeights,
    features_dir: Path,
    *options: str,
) -> FeaturesRun:
    """Run ``lusscore features``; embeddings that are there already are deleted first.

    Networks that were converted before are kept in `features_dir`.

    Raises
    ------
    RuntimeError
        If the command fails or passes over a clip.
    """
    path = features_dir / cohort.name / f"{spec.name}.h5"
    path.unlink(missing_ok=True)
    for folder in (features_dir / ".cache").glob(f"{spec.name}-*"):
        shutil.rmtree(folder)
    given = [] if weights.folder is None else ["--weights-dir", str(weights.folder)]
    finished = _run("features", cohort, spec, features_dir, *given, *options)
    (row,) = json.loads(finished.output)
    return FeaturesRun(finished, path, row["clips"], row["images"], row["seconds"])


def run_cv(
    cohort: Cohort,
    spec: BackboneSpec,
    features_dir: Path,
    results_dir: Path,
    run: str,
    *options: str,
) -> CvRun:
    """Run ``lusscore cv`` on embeddings that are there, under the name `run`.

    Raises
    ------
    RuntimeError
        If the command fails.
    """
    places = ("--results-dir", str(results_dir), "--run", run)
    finished = _run("cv", cohort, spec, features_dir, *places, *options)
    metrics: dict[str, Any] = json.loads(finished.output)["levels"]["frame"]
    mean = next(entry["mean"] for model, entry in metrics.items() if model.startswith(spec.name))
    folds = results_dir / cohort.name / run / "folds.csv"
    return CvRun(finished, folds, mean["accuracy"], mean["quadratic_kappa"])


def _run(
    command: str, cohort: Cohort, spec: BackboneSpec, features_dir: Path, *options: str
) -> Finished:
    """Run a command on a cohort with one backbone; it prints JSON."""
    start = ("-c", SMALL_COMMAND) if spec.name == SMALL_BACKBONE else ("-m", "lusscore")
    backbone = spec.source if spec.family == "onnx" else spec.name
    places = ("--backbone", backbone, "--features-dir", str(features_dir))
    return run_python([*start, command, str(cohort.folder), *places, "--json", *options])
