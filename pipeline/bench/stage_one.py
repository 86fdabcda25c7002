"""Stage one from MP4 on disk to HDF5 on disk, beside Keras and the matrix product."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench.probes import convert_network, time_bare_engine, time_keras_predict, time_preparation
from bench.report import BenchRow
from bench.running import (
    FeaturesRun,
    MeasuredWeights,
    call_in_process,
    measure_sgemm_alone,
    provide_weights,
    run_features,
)
from bench.subjects import CLIPS_PER_PATIENT, LEAST_FRAMES_PER_CLIP, find_backbone, make_phantom
from bench.suite import BenchSettings, register_suite
from lusscore.backbones import MAIN_BACKBONES, BackboneSpec
from lusscore.cohort import Cohort

_PATIENTS = 2
# Networks below so many operations get more frames, so that their measurement lasts as well.
_LIGHT_FLOPS = 2e9
_MORE_FRAMES = 5
# The engine alone needs no more to be measured.
_ENGINE_SECONDS = 10.0
# A round that takes longer is not repeated.
_LONG_SECONDS = 60.0


@dataclass(frozen=True)
class _Subject:
    """A backbone about to be measured on a cohort."""

    spec: BackboneSpec
    weights: MeasuredWeights
    cohort: Cohort
    features_dir: Path

    @property
    def gflop(self) -> float | None:
        return None if self.spec.flops is None else self.spec.flops / 1e9

    def row(self, kind: str, **values: Any) -> BenchRow:
        return BenchRow(
            name=f"{kind}/{self.spec.name}",
            backbone=self.spec.name,
            gflop_per_image=self.gflop,
            **values,
        )

    def call(self, function: Any, **more: object) -> Any:
        """Call in a process of its own what takes this backbone and cohort."""
        name = self.spec.source if self.spec.family == "onnx" else self.spec.name
        return call_in_process(
            function,
            backbone=name,
            weights_dir=self.weights.folder,
            features_dir=self.features_dir,
            **more,
        )


@dataclass(frozen=True)
class _Round:
    """One measurement of everything, in images per second, and sgemm in GFLOP/s."""

    sgemm: float
    ours: FeaturesRun
    keras: float | None
    engine: float


@register_suite(
    "stage-one",
    "Stage one, from MP4 to HDF5 with decoding and augmentation",
    (
        "name", "gflop_per_image", "sgemm_gflops", "images_per_s", "fraction_of_sgemm",
        "ratio_to_keras_predict", "seconds", "peak_memory_gb", "detail",
    ),
    frames=96,
    least_frames=_PATIENTS * CLIPS_PER_PATIENT * LEAST_FRAMES_PER_CLIP,
    by_default=True,
)  # fmt: skip
def bench_stage_one(settings: BenchSettings) -> Iterator[BenchRow]:
    """Measure each backbone on a phantom: our command, Keras's predict, the engine alone.

    Every measurement has a process of its own. A round is NumPy's matrix product, our command,
    Keras, the engine, and the matrix product again; fractions are of the mean of the two. All
    is repeated where a round takes less than a minute, and medians count.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        sizes: dict[tuple[int, int], Cohort] = {}
        for number, name in enumerate(settings.backbones or MAIN_BACKBONES):
            spec = find_backbone(name)
            light = spec.flops is not None and spec.flops < _LIGHT_FLOPS
            frames = settings.frames * (_MORE_FRAMES if light else 1)
            cohort = make_phantom(root / "data", _PATIENTS, frames)
            weights = provide_weights(spec, settings.weights_dir, root / "weights")
            subject = _Subject(spec, weights, cohort, root / "features")
            if number == 0:
                settings.note(f"{spec.name}: first start …")
                yield _first_start(subject)
            else:
                subject.call(convert_network)
            yield from _measure(subject, settings)
            sizes.setdefault(spec.input_size, cohort)
        settings.note("Decoding and augmenting …")
        for size, cohort in sizes.items():
            yield _preparation(cohort, root / "features", size)


def _first_start(subject: _Subject) -> BenchRow:
    """Run the command twice: with the network not converted yet, and again."""
    cold = _extract(subject)
    warm = _extract(subject)
    return subject.row(
        "first_start",
        images_per_s=cold.images_per_s,
        seconds=cold.command.seconds,
        peak_memory_gb=cold.command.peak_memory_gb,
        baseline="the second start",
        baseline_seconds=warm.command.seconds,
        detail="whole command, the network being converted from Keras; the second start took "
        f"{warm.command.seconds:.1f} s{subject.weights.remark}",
    )


def _measure(subject: _Subject, settings: BenchSettings) -> Iterator[BenchRow]:
    rounds = []
    for number in range(settings.repeats):
        settings.note(f"{subject.spec.name}: round {number + 1} of at most {settings.repeats} …")
        started = time.perf_counter()
        rounds.append(_round(subject))
        if time.perf_counter() - started > _LONG_SECONDS:
            break
    sgemm = median(done.sgemm for done in rounds)
    ours = rounds[0].ours
    remark = f"{ours.images} images{subject.weights.remark}, median of {len(rounds)}"
    variants = 1 + subject.cohort.card.extraction.variants
    pairs = [done.keras for done in rounds if done.keras is not None]

    def row(kind: str, speeds: list[float], detail: str, **values: Any) -> BenchRow:
        fractions = [
            speed * (subject.gflop or 0) / done.sgemm
            for speed, done in zip(speeds, rounds, strict=True)
        ]
        ratios = [speed / keras for speed, keras in zip(speeds, pairs, strict=False)]
        return subject.row(
            kind,
            images_per_s=median(speeds),
            fraction_of_sgemm=median(fractions) if subject.gflop else None,
            ratio_to_keras_predict=median(ratios) if ratios else None,
            sgemm_gflops=sgemm,
            detail=detail,
            **values,
        )

    if pairs:
        yield row("keras_predict", pairs, f"batch 32, ready in memory, {remark}")
    yield row(
        "engine",
        [done.engine for done in rounds],
        f"ready in memory, as many as begin within {_ENGINE_SECONDS:.0f} s of {remark}",
    )
    yield row(
        "end_to_end",
        [done.ours.images_per_s for done in rounds],
        f"{ours.clips} clips, {ours.images // variants} frames × {variants} = {remark}",
        seconds=median(done.ours.seconds for done in rounds),
    )
    peaks = [
        done.ours.command.peak_memory_gb
        for done in rounds
        if done.ours.command.peak_memory_gb is not None
    ]
    yield subject.row(
        "peak",
        seconds=median(done.ours.command.seconds for done in rounds),
        peak_memory_gb=max(peaks, default=None),
        sgemm_gflops=sgemm,
        detail="the whole command of end_to_end",
    )


def _round(subject: _Subject) -> _Round:
    cohort = str(subject.cohort.folder)
    before = measure_sgemm_alone()
    ours = _extract(subject)
    keras = None
    if subject.spec.family != "onnx":
        keras = _speed(subject.call(time_keras_predict, cohort=cohort))
    engine = _speed(subject.call(time_bare_engine, cohort=cohort, seconds=_ENGINE_SECONDS))
    return _Round((before + measure_sgemm_alone()) / 2, ours, keras, engine)


def _extract(subject: _Subject) -> FeaturesRun:
    return run_features(subject.cohort, subject.spec, subject.weights, subject.features_dir)


def _speed(answer: dict[str, float]) -> float:
    return answer["images"] / answer["seconds"]


def _preparation(cohort: Cohort, features_dir: Path, size: tuple[int, int]) -> BenchRow:
    """Turn seconds of all frames into milliseconds of one."""
    answer = call_in_process(
        time_preparation, cohort=str(cohort.folder), features_dir=features_dir, size=list(size)
    )
    frames, variants = answer["frames"], cohort.card.extraction.variants
    decode, scale = (1000 * answer[key] / frames for key in ("decode", "letterbox"))
    variant = (1000 * answer["all"] / frames - scale) / variants
    seconds = answer["decode"] + answer["all"]
    height, width = size
    return BenchRow(
        name=f"preparation/{height}x{width}",
        images_per_s=frames * (1 + variants) / seconds,
        seconds=seconds,
        numbers={"decode_ms": decode, "letterbox_ms": scale, "variant_ms": variant},
        detail=f"one thread, milliseconds: decode {decode:.2f} and letterbox {scale:.2f} a frame, "
        f"{variant:.2f} a variant",
    )
