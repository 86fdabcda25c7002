from collections.abc import Callable
from pathlib import Path

import pytest

from bench import BenchRow
from bench.small_backbone import SMALL_SPEC


@pytest.mark.slow
def test_a_backbone_is_measured_in_every_way(measure: Callable[..., dict[str, BenchRow]]) -> None:
    rows = measure("stage-one", 48)
    assert list(rows) == [
        "first_start/small",
        "keras_predict/small",
        "engine/small",
        "end_to_end/small",
        "peak/small",
        "preparation/32x32",
    ]
    keras, ours = rows["keras_predict/small"], rows["end_to_end/small"]
    assert keras.ratio_to_keras_predict == 1
    for row in (keras, ours, rows["engine/small"]):
        assert row.backbone == "small"
        assert row.images_per_s
        assert row.ratio_to_keras_predict
        assert keras.images_per_s
        assert row.ratio_to_keras_predict == pytest.approx(row.images_per_s / keras.images_per_s)
        assert row.sgemm_gflops
        assert row.fraction_of_sgemm == pytest.approx(
            row.images_per_s * (SMALL_SPEC.flops or 0) / 1e9 / row.sgemm_gflops
        )
    # a light network gets five times the frames: 240 of them, in 4 variants
    assert ours.seconds
    assert ours.images_per_s == pytest.approx(960 / ours.seconds)
    assert "24 clips, 240 frames × 4 = 960 images" in ours.detail
    first = rows["first_start/small"]
    assert first.seconds
    assert first.baseline_seconds
    assert first.seconds > first.baseline_seconds
    preparation = rows["preparation/32x32"].numbers
    assert preparation["decode_ms"] > 0
    assert preparation["letterbox_ms"] > 0


@pytest.mark.slow
def test_an_onnx_file_is_measured_without_keras(
    measure: Callable[..., dict[str, BenchRow]], tiny_backbone: Path
) -> None:
    rows = measure("stage-one", 48, str(tiny_backbone))
    assert "keras_predict/tiny" not in rows
    assert rows["end_to_end/tiny"].ratio_to_keras_predict is None
    assert rows["end_to_end/tiny"].fraction_of_sgemm
