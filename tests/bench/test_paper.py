"""The paper's protocol."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bench import BenchRow
from bench.paper import _augmented
from bench.probes import ReadyFrames
from lusscore.cohort import ExtractionSettings
from lusscore.errors import BenchError
from lusscore.features import PlannedClip

FRAMES = 70


def test_every_epoch_sees_every_training_frame_once_and_anew() -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (FRAMES, 1, 16, 16, 3), dtype=np.uint8)
    ready = ReadyFrames(
        images,
        np.zeros(FRAMES, np.int64),
        np.arange(FRAMES),
        (PlannedClip("a.mp4", "0" * 64, np.arange(FRAMES)),),
    )
    rows = np.arange(0, FRAMES, 2)
    # the truth names the frame, so that frames can be told apart
    frames = _augmented(ready, rows, np.arange(FRAMES), ExtractionSettings())
    epochs = []
    for _ in range(2):
        batches = [frames[number] for number in range(len(frames))]
        assert [len(seen) for seen, _ in batches] == [32, 3]
        seen = np.concatenate([seen for seen, _ in batches])
        labels = np.concatenate([labels for _, labels in batches])
        np.testing.assert_array_equal(np.sort(labels), rows)
        epochs.append((labels.tolist(), seen[np.argsort(labels)]))
        frames.on_epoch_end()
    (first_order, first), (second_order, second) = epochs
    assert first_order != second_order
    different = (first != second).any(axis=(1, 2, 3))
    assert different.all()


@pytest.mark.slow
def test_both_protocols_are_timed_and_their_images_counted(
    measure: Callable[..., dict[str, BenchRow]],
) -> None:
    rows = measure("paper", 216)
    keras, ours, keras_second, ours_second = rows.values()
    assert list(rows) == [
        f"paper/{what}/small" for what in ("keras", "features_cv", "keras_second", "cv_second")
    ]
    # 216 frames: 3 folds × (3 epochs × 144 + 72), and 216 × (1 + 3)
    assert keras.numbers["images"] == 1512
    assert ours.numbers["images"] == 864
    # 5 folds × (5 epochs × 172.8 + 43.2), none of them ours
    assert keras_second.numbers["images"] == 4536
    assert ours_second.numbers["images"] == 0
    assert ours.baseline_seconds == keras.seconds
    assert ours_second.baseline_seconds == keras_second.seconds
    assert keras.seconds
    assert keras_second.seconds
    assert keras_second.seconds > keras.seconds
    assert "not measured" in keras_second.detail
    assert "1512 / 864 images" in ours.detail
    assert 0 <= keras.numbers["accuracy"] <= 1


def test_an_onnx_file_is_refused(
    measure: Callable[..., dict[str, BenchRow]], tiny_backbone: Path
) -> None:
    with pytest.raises(BenchError, match="ONNX file, which Keras cannot train on"):
        measure("paper", 216, str(tiny_backbone))
