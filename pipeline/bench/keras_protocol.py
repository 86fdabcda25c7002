"""The published protocol: the frozen network in the graph, augmented frames in every epoch.

Raillard et al. 2022: frozen backbone, pooling, Dropout(0.5), Dense(4, softmax), Adam with
learning rate 0.001, batches of 32, cross-entropy, folds by patient.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.ready_images import ReadyFrames, read_images
from bench.small_backbone import find_backbone, register_small_backbone
from lusscore.backbones import Network, build_model, import_keras, load_weights
from lusscore.cohort import Cohort, ExtractionSettings, read_cohort
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
    """Cross-validate as published, on frames that were decoded once and stay in memory.

    Parameters
    ----------
    cohort
        Its folder; a card without variants, of clips with one label each.
    backbone
        A registered name.
    weights_dir
        Folder of weights.
    features_dir
        Folder in which the clips' digests are remembered.
    folds
        ``folds.csv`` of a run of ``lusscore cv``.
    epochs
        Passes over the training frames.

    Returns
    -------
    dict
        ``train_images``, ``test_images``: pushed through the network, of all folds;
        ``train_seconds``, ``test_seconds``; ``accuracy``: mean over the folds.
    """
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
