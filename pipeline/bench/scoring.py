"""How long an exam takes from a cold start to its report."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.report import BenchRow
from bench.running import run_python
from bench.subjects import CLIPS_PER_PATIENT, make_phantom
from bench.suite import BenchSettings, register_suite

# the command, and after it what of Keras came along
_SCORE = """
import sys
from lusscore.cli import main
try:
    main()
finally:
    print("imported:", *sorted({"tensorflow", "keras", "torch", "jax"} & set(sys.modules)))
"""


@register_suite(
    "score",
    "From an exam's clips to its report",
    ("name", "seconds", "images_per_s", "peak_memory_gb", "ratio", "baseline", "detail"),
    frames=12 * 90,
    least_frames=2 * CLIPS_PER_PATIENT,
    by_default=True,
)
def bench_score(settings: BenchSettings) -> Iterator[BenchRow]:
    """Run ``lusscore score`` on the 12 clips of a phantom, every frame, with the bundled model.

    The whole command is timed in a process of its own. The baseline is the same command on two
    frames of each clip, most of which is starting and loading.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        short = make_phantom(root / "data", 1, 2 * CLIPS_PER_PATIENT)
        exam = make_phantom(root / "data", 1, settings.frames)
        baseline = _score(short.folder / "clips", root)
        for name, threads in (("exam", ()), ("exam_one_thread", ("--threads", "1"))):
            settings.note(f"{settings.frames} frames: {name} …")
            run = _score(exam.folder / "clips", root, *threads)
            clips = run.document["clips"]
            frames = sum(len(clip.get("frames", ())) for clip in clips)
            yield BenchRow(
                name=f"score/{name}",
                backbone="efficientnet_lite0",
                seconds=run.seconds,
                images_per_s=frames / run.seconds,
                peak_memory_gb=run.peak_memory_gb,
                baseline="the same on 2 frames of each clip",
                baseline_seconds=baseline.seconds,
                numbers={"frames": frames, "clips": len(clips)},
                detail=f"{len(clips)} clips, {frames} frames, to report.html; "
                f"imported of tensorflow, keras, torch, jax: {run.imported or 'none'}",
            )


@dataclass(frozen=True)
class _Run:
    seconds: float
    document: dict[str, Any]
    imported: str
    peak_memory_gb: float | None


def _score(clips: Path, root: Path, *options: str) -> _Run:
    finished = run_python(
        ["-c", _SCORE, "score", str(clips), "--json", "--output", str(root / "exam"), *options]
    )
    text, _, imported = finished.output.rpartition("imported:")
    return _Run(finished.seconds, json.loads(text), imported.strip(), finished.peak_memory_gb)
