import numpy as np

from bench.keras_protocol import _augmented
from bench.ready_images import ReadyFrames
from lusscore.cohort import ExtractionSettings
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
