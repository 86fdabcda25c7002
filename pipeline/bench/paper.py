"""The paper's protocol and ours, on the same frames and folds."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.cohorts import CLIPS_PER_PATIENT, LEAST_FRAMES_PER_CLIP, make_phantom
from bench.commands import CvRun, FeaturesRun, run_cv, run_features
from bench.keras_protocol import train_as_published
from bench.process import call_in_process
from bench.row import BenchRow
from bench.small_backbone import find_backbone
from bench.suite import BenchSettings, register_suite
from bench.weights import MeasuredWeights, provide_weights
from lusscore.backbones import BackboneSpec
from lusscore.cohort import Cohort, write_cohort
from lusscore.errors import BenchError

_PATIENTS = 9
_BACKBONES = ("xception",)


@dataclass(frozen=True)
class _Plan:
    """An experiment: so many folds, so many epochs."""

    folds: int
    epochs: int

    def images(self, frames: int) -> int:
        """Images that the published protocol pushes through the network.

        Every frame is tested once and is in the training of all folds but one.
        """
        return (self.folds - 1) * self.epochs * frames + frames

    @property
    def told(self) -> str:
        return f"{self.folds} folds × {self.epochs} epochs"


_FIRST, _SECOND = _Plan(3, 3), _Plan(5, 5)


@dataclass(frozen=True)
class _Theirs:
    """What the published protocol took."""

    seconds: float
    train_images: int
    train_seconds: float
    test_images: int
    test_seconds: float
    accuracy: float

    @property
    def images(self) -> int:
        return self.train_images + self.test_images

    @property
    def images_per_s(self) -> float:
        return self.images / (self.train_seconds + self.test_seconds)

    def predicted(self, plan: _Plan, frames: int) -> float:
        """Seconds that another plan would take: by the image, and the same for all else."""
        training = (plan.folds - 1) * plan.epochs * frames
        rest = self.seconds - self.train_seconds - self.test_seconds
        return (
            rest
            + training * self.train_seconds / self.train_images
            + frames * self.test_seconds / self.test_images
        )


@register_suite(
    "paper",
    "The paper's protocol in Keras, and features + cv on the same frames and folds",
    ("name", "images", "images_per_s", "seconds", "baseline_seconds", "times_faster", "accuracy",
     "detail"),
    frames=540,
    least_frames=_PATIENTS * CLIPS_PER_PATIENT * LEAST_FRAMES_PER_CLIP,
)  # fmt: skip
def bench_paper(settings: BenchSettings) -> Iterator[BenchRow]:
    """Time a first experiment, and a second one with other settings of the head and other folds.

    Ours are whole commands. Theirs is one process, which decodes each frame once and keeps all in
    memory, builds the network once, and trains a fresh head on it for each fold.
    """
    with tempfile.TemporaryDirectory() as folder:
        for name in settings.backbones or _BACKBONES:
            spec = find_backbone(name)
            if spec.family == "onnx":
                raise BenchError(
                    f"{spec.name} is an ONNX file, which Keras cannot train on; choose a backbone "
                    "that 'lusscore backbones --all' lists."
                )
            settings.note(f"{spec.name}: rendering the phantom …")
            yield from _Comparison.prepare(Path(folder), spec, settings).rows()


@dataclass(frozen=True)
class _Comparison:
    """Both protocols with one backbone."""

    root: Path
    spec: BackboneSpec
    weights: MeasuredWeights
    cohort: Cohort
    clean: Cohort
    settings: BenchSettings

    @classmethod
    def prepare(cls, root: Path, spec: BackboneSpec, settings: BenchSettings) -> _Comparison:
        cohort = make_phantom(root / "data", _PATIENTS, settings.frames)
        weights = provide_weights(spec, settings.weights_dir, root / "weights")
        # the same clips; Keras draws its augmented frames itself
        clean = replace(cohort.card.extraction, variants=0)
        card = replace(cohort.card, name=f"{cohort.name}-clean", extraction=clean)
        segments = [
            replace(segment, clip=str(cohort.clip_path(segment.clip)))
            for segment in cohort.segments
        ]
        cleaned = write_cohort(root / "data" / card.name, card, segments)
        return cls(root, spec, weights, cohort, cleaned, settings)

    def rows(self) -> Iterator[BenchRow]:
        note, name = self.settings.note, self.spec.name
        note(f"{name}: features, cv …")
        features = run_features(self.cohort, self.spec, self.weights, self.root / "features")
        first = self._cv(_FIRST)
        second = self._cv(_SECOND)
        note(f"{name}: the paper's protocol …")
        theirs = self._train(_FIRST, first)
        frames = theirs.test_images
        yield self._row(
            "keras",
            images_per_s=theirs.images_per_s,
            seconds=theirs.seconds,
            numbers={"images": theirs.images, "accuracy": theirs.accuracy},
            detail=f"{_FIRST.told} on {frames} frames: "
            f"{theirs.train_images} images in training and {theirs.test_images} in testing",
        )
        yield self._first(features, first, theirs)
        numbers: dict[str, float] = {"images": _SECOND.images(frames)}
        if self.settings.full:
            note(f"{name}: the paper's protocol once more …")
            again = self._train(_SECOND, second)
            seconds, how = again.seconds, "measured"
            numbers["accuracy"] = again.accuracy
        else:
            seconds = theirs.predicted(_SECOND, frames)
            how = "computed from the seconds per image of the first, not measured"
        yield self._row(
            "keras_second",
            seconds=seconds,
            numbers=numbers,
            detail=f"{_SECOND.told} on {frames} frames; {how}",
        )
        yield self._row(
            "cv_second",
            seconds=second.command.seconds,
            baseline="keras_second",
            baseline_seconds=seconds,
            numbers={"images": 0} | _accuracy(second),
            detail=f"the command cv with {_SECOND.told}; the embeddings are there; baseline {how}",
        )

    def _first(self, features: FeaturesRun, cv: CvRun, theirs: _Theirs) -> BenchRow:
        """Explain the ratio of the first experiment by what each side has to compute."""
        pushes, speed = theirs.images / features.images, features.images_per_s / theirs.images_per_s
        return self._row(
            "features_cv",
            images_per_s=features.images_per_s,
            seconds=features.command.seconds + cv.command.seconds,
            baseline="keras",
            baseline_seconds=theirs.seconds,
            numbers={"images": features.images} | _accuracy(cv),
            detail=f"features {features.command.seconds:.0f} s with the network's conversion, of "
            f"these {features.seconds:.0f} s computing, and cv {cv.command.seconds:.0f} s; "
            f"computing alone: {theirs.images} / {features.images} images × "
            f"{features.images_per_s:.1f} / {theirs.images_per_s:.1f} images/s = "
            f"{pushes:.2f} × {speed:.2f} = {pushes * speed:.2f}",
        )

    def _row(self, kind: str, *, detail: str, **values: Any) -> BenchRow:
        return BenchRow(
            name=f"paper/{kind}/{self.spec.name}",
            backbone=self.spec.name,
            detail=detail + self.weights.remark,
            **values,
        )

    def _cv(self, plan: _Plan) -> CvRun:
        options = ["--folds", str(plan.folds), "--set", f"epochs={plan.epochs}"]
        name = f"{self.spec.name}-{plan.folds}"
        results = self.root / "results"
        return run_cv(self.cohort, self.spec, self.root / "features", results, name, *options)

    def _train(self, plan: _Plan, cv: CvRun) -> _Theirs:
        started = time.perf_counter()
        answer = call_in_process(
            train_as_published,
            cohort=self.clean.folder,
            backbone=self.spec.name,
            weights_dir=self.weights.folder,
            features_dir=self.root / "features",
            folds=cv.folds,
            epochs=plan.epochs,
        )
        return _Theirs(seconds=time.perf_counter() - started, **answer)


def _accuracy(cv: CvRun) -> dict[str, float]:
    return {} if cv.accuracy is None else {"accuracy": cv.accuracy}
