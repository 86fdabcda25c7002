"""Stage two at the size of the paper, on generated embeddings."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.report import BenchRow
from bench.running import run_python
from bench.suite import BenchSettings, register_suite
from lusscore.backbones import DEFAULT_PRECISION, get_backbone
from lusscore.cohort import Card, Cohort, ExtractionSettings, Segment, get_protocol, write_cohort
from lusscore.features import PlannedClip, feature_path, make_recipe, make_selection, write_features

_BACKBONE = "resnet50"
_PATIENTS, _HEALTHY = 49, 12
_VARIANTS = 3
_RUN = "run"


@register_suite(
    "stage-two",
    "Stage two at the size of the paper",
    ("name", "seconds", "peak_memory_gb", "ratio", "baseline", "baseline_seconds", "detail"),
    frames=23_732,
    least_frames=_PATIENTS * 12,
    by_default=True,
)
def bench_stage_two(settings: BenchSettings) -> Iterator[BenchRow]:
    """Cross-validate the paper's head on as many frames as the paper had, with all metrics.

    The embeddings are those of ResNet50 in size (2048) and drawn from normal distributions, one
    centre per score; the process measured is ``lusscore cv`` from its start to the written
    report. The baseline is the training of the heads alone, within the same process.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        size = _generate(root, settings.frames)
        finished = run_python(
            ["-m", "lusscore", "cv", "generated", "--backbone", _BACKBONE, "--run", _RUN], cwd=root
        )
        training = pd.read_csv(root / "results" / "generated" / _RUN / "tables" / "training.csv")
    yield BenchRow(
        name="stage_two",
        seconds=finished.seconds,
        peak_memory_gb=finished.peak_memory_gb,
        baseline="training of the heads alone",
        baseline_seconds=float(training["seconds"].sum()),
        detail=f"{settings.frames} frames × (1 + {_VARIANTS}) × 2048 ({size / 1e6:.0f} MB), "
        "3 folds × 3 epochs, all metrics and the report",
    )


def _generate(root: Path, frames: int) -> int:
    """Write a cohort without media and its feature file; return the file's bytes."""
    zones = get_protocol("lus-12").zone_names
    rng = np.random.default_rng(0)
    segments = []
    for number in range(_PATIENTS):
        group = "healthy" if number < _HEALTHY else "covid"
        for zone in zones:
            score = 0 if group == "healthy" else int(rng.integers(0, 4))
            clip = f"generated-{number}-{zone}.mp4"
            segments.append(Segment(clip, f"generated-{number}", "1", zone, score, group=group))
    card = Card(
        "generated",
        "lus-12",
        "unknown",
        description="Generated numbers, no images.",
        synthetic=True,
        extraction=ExtractionSettings(variants=_VARIANTS),
    )
    cohort = write_cohort(root / "data" / "generated", card, segments)
    return write_generated_features(root / "features", cohort, _BACKBONE, frames, seed=1)


def write_generated_features(
    features_dir: Path, cohort: Cohort, backbone: str, frames: int, *, seed: int = 0
) -> int:
    """Write a feature file whose embeddings are drawn around one centre per score."""
    spec, settings = get_backbone(backbone), cohort.card.extraction
    counts = np.diff(np.linspace(0, frames, len(cohort.segments) + 1).astype(int))
    clips = [
        PlannedClip(
            segment.clip, hashlib.sha256(segment.clip.encode()).hexdigest(), np.arange(count)
        )
        for segment, count in zip(cohort.segments, counts, strict=True)
    ]
    scores = {segment.clip: segment.score or 0 for segment in cohort.segments}
    rng = np.random.default_rng(seed)
    centres = rng.normal(0, 0.05, (4, spec.embedding_size)).astype(np.float32)

    def entries(clip: PlannedClip) -> tuple[NDArray[Any], NDArray[np.float32], list[Any]]:
        shape = (len(clip.frames), 1 + settings.variants, spec.embedding_size)
        noise = rng.standard_normal(shape, dtype=np.float32) * 0.5
        drawn = np.abs(noise + centres[scores[clip.path]]).astype(settings.dtype)
        return drawn, (np.arange(shape[0]) / 25).astype(np.float32), []

    path = feature_path(features_dir, cohort, backbone)
    recipe = make_recipe(spec, "0" * 64, settings, DEFAULT_PRECISION)
    write_features(path, spec, recipe, make_selection(spec, settings), clips, entries)
    return path.stat().st_size
