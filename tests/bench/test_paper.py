from collections.abc import Callable
from pathlib import Path

import pytest

from bench import BenchRow
from lusscore.errors import BenchError


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
