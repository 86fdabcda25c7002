"""Whether memory grows with the number of frames."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.probes import convert_network
from bench.report import BenchRow
from bench.running import call_in_process, provide_weights, run_features
from bench.subjects import SMALL_BACKBONE, SMALL_SPEC, make_small_clips
from bench.suite import BenchSettings, register_suite

_FRAMES_PER_CLIP = 1_000


@register_suite(
    "memory",
    "Memory of stage one, by the number of frames",
    ("name", "images_per_s", "seconds", "peak_memory_gb", "ratio", "baseline", "detail"),
    frames=100_000,
    least_frames=2 * _FRAMES_PER_CLIP,
    by_default=True,
)
def bench_memory(settings: BenchSettings) -> Iterator[BenchRow]:
    """Run ``lusscore features`` on one clip of 1,000 frames, and on many of them.

    The backbone is so small that decoding, queues and the feature file make up what memory grows
    by. Both runs start with the network converted, so that neither builds it.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        features_dir = root / "features"
        weights = provide_weights(SMALL_SPEC, settings.weights_dir, root / "weights")
        call_in_process(
            convert_network,
            backbone=SMALL_BACKBONE,
            weights_dir=weights.folder,
            features_dir=features_dir,
        )
        baseline: float | None = None
        for clips in (1, settings.frames // _FRAMES_PER_CLIP):
            frames = clips * _FRAMES_PER_CLIP
            settings.note(f"{frames} frames: writing clips …")
            cohort = make_small_clips(root / "data", clips, _FRAMES_PER_CLIP)
            settings.note(f"{frames} frames: computing …")
            run = run_features(cohort, SMALL_SPEC, weights, features_dir)
            peak = run.command.peak_memory_gb
            yield BenchRow(
                name=f"memory/{frames}_frames",
                backbone=SMALL_BACKBONE,
                images_per_s=run.images_per_s,
                seconds=run.command.seconds,
                peak_memory_gb=peak,
                baseline=f"peak memory at {_FRAMES_PER_CLIP} frames" if baseline else None,
                ratio=peak / baseline if peak and baseline else None,
                detail=f"whole command, {_FRAMES_PER_CLIP} frames a clip of 64 × 64 "
                "pixels, no variants, three small convolutions at 32 × 32",
            )
            baseline = peak
