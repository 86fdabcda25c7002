"""What a smaller number format gains, and what it does to embeddings and to cross-validation."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np

from bench.probes import convert_network
from bench.report import BenchRow
from bench.running import (
    CvRun,
    FeaturesRun,
    MeasuredWeights,
    call_in_process,
    provide_weights,
    run_cv,
    run_features,
)
from bench.subjects import CLIPS_PER_PATIENT, LEAST_FRAMES_PER_CLIP, find_backbone, make_phantom
from bench.suite import BenchSettings, register_suite
from lusscore.backbones import DEFAULT_PRECISION, MAIN_BACKBONES, BackboneSpec
from lusscore.cohort import Cohort

_PATIENTS = 9
_OTHER = "bf16"


@register_suite(
    "precision",
    "bf16 beside f32: speed, embeddings, cross-validation",
    (
        "name", "images_per_s", "seconds", "times_faster", "largest_error", "mean_error",
        "cosine_distance", "accuracy", "kappa", "detail",
    ),
    frames=_PATIENTS * CLIPS_PER_PATIENT * LEAST_FRAMES_PER_CLIP,
    least_frames=_PATIENTS * CLIPS_PER_PATIENT * LEAST_FRAMES_PER_CLIP,
)  # fmt: skip
def bench_precision(settings: BenchSettings) -> Iterator[BenchRow]:
    """Run ``features`` and ``cv`` on a phantom in both formats, with the same folds and head.

    Embeddings are stored as float32, so that the errors are of the arithmetic alone.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        settings.note("Rendering the phantom …")
        cohort = make_phantom(root / "data", _PATIENTS, settings.frames, dtype="float32")
        for name in settings.backbones or MAIN_BACKBONES:
            spec = find_backbone(name)
            weights = provide_weights(spec, settings.weights_dir, root / "weights")
            settings.note(f"{spec.name}: {DEFAULT_PRECISION} …")
            full, row = _measure(root, cohort, spec, weights, DEFAULT_PRECISION, None)
            yield row
            refusal = call_in_process(
                convert_network,
                backbone=spec.source if spec.family == "onnx" else spec.name,
                weights_dir=weights.folder,
                features_dir=root / _OTHER,
                precision=_OTHER,
            )
            if refusal:
                yield BenchRow(name=f"{_OTHER}/{spec.name}", backbone=spec.name, detail=refusal)
                continue
            settings.note(f"{spec.name}: {_OTHER} …")
            yield _measure(root, cohort, spec, weights, _OTHER, full)[1]


def _measure(
    root: Path,
    cohort: Cohort,
    spec: BackboneSpec,
    weights: MeasuredWeights,
    precision: str,
    full: FeaturesRun | None,
) -> tuple[FeaturesRun, BenchRow]:
    """Compute embeddings, cross-validate, and compare with those of full precision."""
    run = run_features(cohort, spec, weights, root / precision, "--precision", precision)
    cv = run_cv(cohort, spec, root / precision, root / "results", f"{spec.name}-{precision}")
    numbers = {} if full is None else embedding_errors(full.path, run.path)
    return run, BenchRow(
        name=f"{precision}/{spec.name}",
        backbone=spec.name,
        images_per_s=run.images_per_s,
        seconds=run.seconds,
        baseline=None if full is None else DEFAULT_PRECISION,
        baseline_seconds=None if full is None else full.seconds,
        numbers=numbers | _metrics(cv),
        detail=f"{run.images} images, {cohort.card.extraction.variants} variants, phantom, "
        f"3 folds{weights.remark}",
    )


def _metrics(cv: CvRun) -> dict[str, float]:
    found = {"accuracy": cv.accuracy, "kappa": cv.kappa}
    return {name: value for name, value in found.items() if value is not None}


def embedding_errors(reference: Path, other: Path) -> dict[str, float]:
    """Compare the embeddings of two feature files of the same frames and variants."""
    with h5py.File(reference) as one, h5py.File(other) as two:
        a, b = (file["embeddings"][...].astype(np.float64) for file in (one, two))
    a, b = (values.reshape(-1, values.shape[-1]) for values in (a, b))
    errors = np.abs(a - b) / np.abs(a).max()
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    cosines = np.divide((a * b).sum(axis=1), norms, out=np.ones(len(a)), where=norms > 0)
    return {
        "largest_error": float(errors.max()),
        "mean_error": float(errors.mean()),
        "cosine_distance": float(1 - cosines.min()),
    }
