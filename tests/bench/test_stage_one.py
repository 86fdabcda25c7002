"""Stage one and its parts."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bench import BenchRow
from bench.probes import read_images
from bench.running import dask_is_installed
from bench.subjects import SMALL_SPEC
from lusscore.clips import open_clip
from lusscore.cohort import Cohort
from lusscore.features import make_variants


def test_images_are_those_of_stage_one_in_the_order_of_the_manifest(
    make_cohort: Callable[..., Cohort], tmp_path: Path
) -> None:
    cohort = make_cohort(2, frames=5)
    ready = read_images(cohort, tmp_path / "features", (24, 32))
    settings = cohort.card.extraction
    expected = [
        make_variants(frame, clip.digest, settings, (24, 32))
        for clip in ready.clips
        for frame in open_clip(cohort.clip_path(clip.path))
    ]
    np.testing.assert_array_equal(ready.images, expected)
    assert ready.flat.shape == (2 * 2 * 5 * 3, 24, 32, 3)
    assert [clip.path for clip in ready.clips] == list(cohort.clips())
    np.testing.assert_array_equal(ready.index, np.tile(np.arange(5), 4))
    np.testing.assert_array_equal(ready.clip, np.repeat(np.arange(4), 5))


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


@pytest.mark.slow
def test_peak_memory_is_compared_between_two_sizes(
    measure: Callable[..., dict[str, BenchRow]],
) -> None:
    rows = measure("memory", 2_000)
    assert list(rows) == ["memory/1000_frames", "memory/2000_frames"]
    few, many = rows.values()
    assert few.images_per_s
    assert few.baseline is None
    if sys.platform == "linux":
        assert few.peak_memory_gb
        assert many.peak_memory_gb
        assert many.ratio == pytest.approx(many.peak_memory_gb / few.peak_memory_gb)
        # this is no speed: it must hold on any machine
        assert 0.9 < many.ratio < 1.1


@pytest.mark.slow
def test_every_way_to_compute_is_measured_and_so_is_the_writer(
    measure: Callable[..., dict[str, BenchRow]],
) -> None:
    rows = measure("scale-out", 64)
    assert list(rows) == [
        "scale_out/here",
        "scale_out/workers",
        "scale_out/dask",
        "scale_out/writer",
    ]
    for way in ("here", "workers", "dask"):
        row = rows[f"scale_out/{way}"]
        if way == "dask" and not dask_is_installed():
            assert "distributed" in row.detail
            continue
        assert row.seconds
        told = row.numbers
        assert told["computing_ms"] > 0
        assert told["overhead_ms"] == pytest.approx(told["clip_ms"] - told["computing_ms"])
        # 16 clips took what starting takes, and 16 times what each takes
        assert row.seconds == pytest.approx(told["start_s"] + 16 * told["clip_ms"] / 1000)
    writer = rows["scale_out/writer"]
    assert writer.seconds
    # 16 clips × 60 frames × 4 variants × 2048 float16
    assert writer.numbers["mb_per_s"] == pytest.approx(15.72864 / writer.seconds)
