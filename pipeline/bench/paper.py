"""The published protocol: features and cv beside the frozen network in the graph."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.probes import ReadyFrames, read_images
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
from bench.subjects import (
    CLIPS_PER_PATIENT,
    LEAST_FRAMES_PER_CLIP,
    find_backbone,
    make_phantom,
    register_small_backbone,
)
from bench.suite import BenchSettings, register_suite
from lusscore.backbones import BackboneSpec, Network, build_model, import_keras, load_weights
from lusscore.cohort import Cohort, ExtractionSettings, read_cohort, write_cohort
from lusscore.errors import BenchError
from lusscore.features import apply_transform, draw_transform

_BATCH = 32
_CLASSES = 4


def train_as_published(
    cohort: str,
    backbone: str,
    weights_dir: str | None,
    features_dir: str,
    folds: str,
    epochs: int,
) -> dict[str, Any]:
    """Cross-validate as published, on frames that were decoded once and stay in memory."""
    register_small_backbone()
    spec, found = find_backbone(backbone), read_cohort(Path(cohort))
    ready = read_images(found, Path(features_dir), spec.input_size)
    patients, truth = _labels(found, ready)
    division = pd.read_csv(folds, dtype=str).set_index("patient")["fold"]
    fold_of = division.loc[patients].to_numpy()
    folder = None if weights_dir is None else Path(weights_dir)
    network = build_model(spec, load_weights(spec, folder, download=False))
    network.trainable = False
    told: dict[str, Any] = dict.fromkeys(("train_images", "test_images"), 0)
    told |= dict.fromkeys(("train_seconds", "test_seconds"), 0.0)
    accuracies = []
    for fold in sorted(set(fold_of)):
        train, test = np.flatnonzero(fold_of != fold), np.flatnonzero(fold_of == fold)
        started = time.perf_counter()
        model = _with_head(network)
        frames = _augmented(ready, train, truth, found.card.extraction)
        model.fit(frames, epochs=epochs, verbose=0)
        trained = time.perf_counter()
        predicted = model.predict(ready.images[test, 0], batch_size=_BATCH, verbose=0)
        told["test_seconds"] += time.perf_counter() - trained
        told["train_seconds"] += trained - started
        told["train_images"] += epochs * len(train)
        told["test_images"] += len(test)
        accuracies.append(np.mean(predicted.argmax(axis=1) == truth[test]))
    return told | {"accuracy": float(np.mean(accuracies))}


def _labels(cohort: Cohort, ready: ReadyFrames) -> tuple[list[str], NDArray[np.int64]]:
    """Patient and score of every frame."""
    segments = {segment.clip: segment for segment in cohort.segments}
    owners = [segments[ready.clips[clip].path] for clip in ready.clip]
    return [segment.patient for segment in owners], np.array(
        [segment.score for segment in owners], np.int64
    )


def _with_head(network: Network) -> Network:
    """Put a fresh head on the frozen network, in one model."""
    keras = import_keras()
    x = keras.layers.Dropout(0.5)(network(network.inputs[0], training=False))
    outputs = keras.layers.Dense(_CLASSES, activation="softmax")(x)
    model = keras.Model(network.inputs, outputs)
    model.compile(optimizer=keras.optimizers.Adam(0.001), loss="sparse_categorical_crossentropy")
    return model


def _augmented(
    ready: ReadyFrames,
    rows: NDArray[np.int64],
    truth: NDArray[np.int64],
    settings: ExtractionSettings,
) -> Any:
    """Return batches in which every frame is drawn anew in every epoch, in another order."""
    keras: Any = import_keras()

    class AugmentedFrames(keras.utils.PyDataset):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.epoch = 0
            self._shuffle()

        def __len__(self) -> int:
            return -(-len(rows) // _BATCH)

        def __getitem__(self, batch: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
            chosen = self.order[batch * _BATCH : (batch + 1) * _BATCH]
            return np.stack([self._draw(row) for row in chosen]), truth[chosen]

        def on_epoch_end(self) -> None:
            self.epoch += 1
            self._shuffle()

        def _shuffle(self) -> None:
            self.order = np.random.default_rng(self.epoch).permutation(rows)

        def _draw(self, row: int) -> NDArray[np.uint8]:
            digest = ready.clips[ready.clip[row]].digest
            variant = 1 + self.epoch
            transform = draw_transform(settings, digest, int(ready.index[row]), variant)
            return apply_transform(ready.images[row, 0], transform)

    return AugmentedFrames()


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
