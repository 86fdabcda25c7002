"""Stage one as a whole: every frame and variant of every clip, whatever goes wrong on the way."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backbone_maker import write_tiny_backbone
from lusscore.backbones import BackboneSpec, get_backbone
from lusscore.cohort import Cohort, ExtractionSettings, FramesPolicy
from lusscore.errors import ClipError
from lusscore.features import (
    Callbacks,
    Outcome,
    RunChoice,
    extract_features,
    forecast_features,
    read_features,
)

ALL = ExtractionSettings(FramesPolicy("all"), variants=2)


def rows(outcome: Outcome) -> np.ndarray:
    features = read_features(outcome.path)
    assert features.done.all()
    return features.embeddings


def test_every_frame_and_variant_of_every_clip_is_embedded(
    make_cohort: Callable[..., Cohort], spec: BackboneSpec, tmp_path: Path
) -> None:
    cohort = make_cohort(2)
    totals: list[int] = []
    heard: list[int] = []
    callbacks = Callbacks(
        total=lambda backbone, about: totals.append(about),
        frames=lambda backbone, done: heard.append(done),
    )
    (outcome,) = extract_features(cohort, [spec], tmp_path / "features", callbacks=callbacks)
    assert totals[-1] == sum(heard) == 20
    assert (outcome.clips, outcome.frames, outcome.images) == (4, 20, 60)
    assert (outcome.failed, outcome.finished, outcome.packed) == ({}, True, True)
    assert outcome.path == tmp_path / "features" / "tiny" / "tiny.h5"
    features = read_features(outcome.path)
    assert features.embeddings.shape == (20, 3, 8)
    assert features.paths == cohort.clips()
    assert (features.embeddings != 0).any(axis=(1, 2)).all()
    np.testing.assert_array_equal(features.frame, np.tile(np.arange(5), 4))
    np.testing.assert_allclose(features.time[:5], np.arange(5) / 25, atol=1e-6)


def test_several_backbones_share_one_decoding(
    make_cohort: Callable[..., Cohort],
    spec: BackboneSpec,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import lusscore.features.images as stream

    opened: list[Path] = []

    def count(path: Path, *wanted: object) -> object:
        opened.append(path)
        return open_clip(path, *wanted)

    open_clip = stream.open_clip
    monkeypatch.setattr(stream, "open_clip", count)
    other = get_backbone(str(write_tiny_backbone(tmp_path / "wide.onnx", size=32, seed=1)))
    cohort = make_cohort(1)
    together = extract_features(cohort, [spec, other], tmp_path / "a")
    assert len(opened) == 2
    assert [outcome.backbone for outcome in together] == ["tiny", "wide"]
    for one, outcome in zip((spec, other), together, strict=True):
        (alone,) = extract_features(cohort, [one], tmp_path / "b")
        np.testing.assert_array_equal(rows(outcome), rows(alone))


def test_a_run_that_was_stopped_goes_on_where_it_ended(
    make_cohort: Callable[..., Cohort], spec: BackboneSpec, tmp_path: Path
) -> None:
    cohort = make_cohort(4)
    stop = threading.Event()
    seen: list[int] = []

    def count(backbone: str, frames: int) -> None:
        seen.append(frames)
        if sum(seen) > 12:
            stop.set()

    callbacks = Callbacks(frames=count, stop=stop)
    (first,) = extract_features(cohort, [spec], tmp_path, callbacks=callbacks)
    assert (first.finished, first.packed) == (False, False)
    assert 0 < first.clips < 8
    (second,) = extract_features(cohort, [spec], tmp_path)
    assert second.finished
    assert first.clips + second.clips == 8
    (whole,) = extract_features(cohort, [spec], tmp_path / "other")
    np.testing.assert_array_equal(rows(second), rows(whole))


def test_a_clip_that_is_cut_short_is_passed_over_and_loses_what_it_had(
    make_cohort: Callable[..., Cohort], spec: BackboneSpec, tmp_path: Path
) -> None:
    cohort = make_cohort(2)
    extract_features(cohort, [spec], tmp_path)
    clip = cohort.clips()[1]
    path = cohort.clip_path(clip)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    (forecast,) = forecast_features(cohort, [spec], tmp_path)
    assert (forecast.clips, forecast.kept, forecast.unreadable) == (0, 3, 1)
    (outcome,) = extract_features(cohort, [spec], tmp_path)
    assert (outcome.clips, list(outcome.failed)) == (0, [clip])
    features = read_features(outcome.path)
    assert features.done.tolist() == [True, False, True, True]
    assert features.errors[1].startswith("The file cannot be decoded as a video")
    assert path.stem not in features.errors[1]
    assert len(features.frame) == 15


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_strict_run_stops_at_a_bad_clip_and_keeps_those_before(
    make_cohort: Callable[..., Cohort], spec: BackboneSpec, tmp_path: Path, workers: int
) -> None:
    cohort = make_cohort(4)
    path = cohort.clip_path(cohort.clips()[5])
    whole = path.read_bytes()
    strict = RunChoice(strict=True, workers=workers)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ClipError, match=rf"{path.name}.*--strict"):
        extract_features(cohort, [spec], tmp_path, run=strict)
    assert not (tmp_path / "tiny" / "tiny.h5").exists()
    path.write_bytes(whole)
    (outcome,) = extract_features(cohort, [spec], tmp_path, run=RunChoice(strict=True))
    assert outcome.failed == {}
    assert len(rows(outcome)) == 40


def test_both_stored_types_hold_the_same_numbers(
    make_cohort: Callable[..., Cohort], spec: BackboneSpec, tmp_path: Path
) -> None:
    (small,) = extract_features(make_cohort(1, extraction=ALL), [spec], tmp_path)
    wide = replace(ALL, dtype="float32", variants=0)
    (large,) = extract_features(make_cohort(1, name="wide", extraction=wide), [spec], tmp_path)
    assert rows(small).dtype == np.float16
    assert rows(large).dtype == np.float32
    np.testing.assert_allclose(rows(small)[:, :1], rows(large), rtol=1e-3)


def test_embeddings_too_large_for_float16_are_refused_and_never_stored_as_infinite(
    make_cohort: Callable[..., Cohort], tmp_path: Path
) -> None:
    huge = get_backbone(str(write_tiny_backbone(tmp_path / "huge.onnx", gain=1e5)))
    (outcome,) = extract_features(make_cohort(1), [huge], tmp_path / "f")
    assert outcome.clips == 0
    assert len(outcome.failed) == 2
    assert all("float32" in error for error in outcome.failed.values())
    assert len(read_features(outcome.path).embeddings) == 0
    wide = make_cohort(1, extraction=replace(ALL, dtype="float32"))
    (outcome,) = extract_features(wide, [huge], tmp_path / "f")
    assert (outcome.clips, outcome.failed) == (2, {})
    assert np.isfinite(rows(outcome)).all()
