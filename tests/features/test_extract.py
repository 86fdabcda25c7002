import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from backbone_maker import write_tiny_backbone
from clip_maker import moving_bar, write_video
from lusscore.backbones import BackboneSpec, get_backbone
from lusscore.cohort import Cohort, ExtractionSettings, FramesPolicy, read_cohort, write_cohort
from lusscore.errors import ClipError, FeatureFileError
from lusscore.features import (
    EngineChoice,
    Outcome,
    RunChoice,
    Watcher,
    extract_features,
    forecast_features,
    read_features,
)


@pytest.fixture
def spec(tiny_backbone: Path) -> BackboneSpec:
    return get_backbone(str(tiny_backbone))


def embeddings(outcome: Outcome) -> dict[str, np.ndarray]:
    """Rows of each clip, by its digest."""
    features = read_features(outcome.path)
    return {
        digest: features.embeddings[features.clip == row]
        for row, digest in enumerate(features.digests)
    }


def with_settings(cohort: Cohort, **changes: object) -> Cohort:
    extraction = replace(cohort.card.extraction, **changes)  # type: ignore[arg-type]
    card = replace(cohort.card, extraction=extraction)
    return write_cohort(cohort.folder, card, cohort.spans)


def test_every_frame_and_variant_of_every_clip_is_embedded(
    make_cohort: Callable[..., Cohort], spec: BackboneSpec, tmp_path: Path
) -> None:
    (outcome,) = extract_features(make_cohort(2), [spec], tmp_path / "features")
    assert (outcome.clips, outcome.frames, outcome.failed) == (4, 20, {})
    assert outcome.path == tmp_path / "features" / "tiny" / "tiny.h5"
    features = read_features(outcome.path)
    assert features.embeddings.shape == (20, 3, 8)
    assert features.done.all()
    assert (features.embeddings != 0).any(axis=(1, 2)).all()
    np.testing.assert_allclose(features.time[:5], np.arange(5) / 25, atol=1e-6)


def test_a_second_run_computes_nothing_and_leaves_the_bytes(
    make_cohort: Callable[..., Cohort], spec: BackboneSpec, tmp_path: Path
) -> None:
    cohort = make_cohort(2)
    (first,) = extract_features(cohort, [spec], tmp_path)
    before = first.path.read_bytes()
    (second,) = extract_features(cohort, [spec], tmp_path)
    assert (second.clips, second.frames) == (0, 0)
    assert first.path.read_bytes() == before


@pytest.mark.parametrize("batch", [1, 5, 64])
def test_batch_size_and_threads_change_no_embedding(
    make_cohort: Callable[..., Cohort], spec: BackboneSpec, tmp_path: Path, batch: int
) -> None:
    cohort = with_settings(make_cohort(1), dtype="float32")
    (usual,) = extract_features(cohort, [spec], tmp_path / "a")
    (other,) = extract_features(
        cohort,
        [spec],
        tmp_path / "b",
        run=RunChoice(images_per_batch=batch),
        engine=EngineChoice(threads=1),
    )
    for digest, rows in embeddings(usual).items():
        np.testing.assert_allclose(embeddings(other)[digest], rows, atol=1e-5)


def test_several_backbones_share_one_pass(
    make_cohort: Callable[..., Cohort], spec: BackboneSpec, tmp_path: Path
) -> None:
    other = get_backbone(str(write_tiny_backbone(tmp_path / "wide.onnx", size=32, seed=1)))
    cohort = make_cohort(1)
    together = extract_features(cohort, [spec, other], tmp_path / "a")
    (alone,) = extract_features(cohort, [other], tmp_path / "b")
    assert [outcome.backbone for outcome in together] == ["tiny", "wide"]
    for digest, rows in embeddings(alone).items():
        np.testing.assert_array_equal(embeddings(together[1])[digest], rows)


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

    (first,) = extract_features(cohort, [spec], tmp_path, watcher=Watcher(frames=count, stop=stop))
    assert not first.finished
    assert 0 < first.clips < 8
    (second,) = extract_features(cohort, [spec], tmp_path)
    assert second.finished
    assert first.clips + second.clips == 8
    (whole,) = extract_features(cohort, [spec], tmp_path / "other")
    with h5py.File(first.path) as resumed, h5py.File(whole.path) as straight:
        assert resumed["embeddings"][...].tobytes() == straight["embeddings"][...].tobytes()


def test_a_bad_clip_is_passed_over_recorded_and_tried_again(
    make_cohort: Callable[..., Cohort], spec: BackboneSpec, tmp_path: Path
) -> None:
    cohort = make_cohort(2)
    path = cohort.clip_path(cohort.clips()[1])
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    (outcome,) = extract_features(cohort, [spec], tmp_path)
    assert outcome.clips == 3
    assert list(outcome.failed) == [cohort.clips()[1]]
    features = read_features(outcome.path)
    assert features.done.tolist() == [True, False, True, True]
    assert "cannot be decoded" in features.errors[1]
    path.write_bytes(whole)
    (mended,) = extract_features(cohort, [spec], tmp_path)
    assert (mended.clips, mended.failed) == (1, {})
    assert read_features(mended.path).done.all()


def test_a_changed_label_computes_nothing(
    make_cohort: Callable[..., Cohort], spec: BackboneSpec, tmp_path: Path
) -> None:
    cohort = make_cohort(2)
    extract_features(cohort, [spec], tmp_path)
    relabelled = [replace(span, score=3, rater="second") for span in cohort.spans]
    cohort = write_cohort(cohort.folder, cohort.card, relabelled)
    (outcome,) = extract_features(cohort, [spec], tmp_path)
    assert outcome.frames == 0


def test_growth_and_renaming_compute_only_new_media(
    make_cohort: Callable[..., Cohort], spec: BackboneSpec, tmp_path: Path
) -> None:
    cohort = make_cohort(2)
    (first,) = extract_features(cohort, [spec], tmp_path)
    old = embeddings(first)
    cohort.clip_path(cohort.clips()[0]).rename(cohort.folder / "clips" / "renamed.mp4")
    write_video(cohort.folder / "clips" / "new.mp4", moving_bar(4, seed=77))
    spans = [replace(cohort.spans[0], clip="clips/renamed.mp4"), *cohort.spans[2:]]
    spans.append(replace(cohort.spans[0], clip="clips/new.mp4"))
    cohort = write_cohort(cohort.folder, cohort.card, spans)
    (second,) = extract_features(read_cohort(cohort.folder), [spec], tmp_path)
    assert (second.clips, second.frames) == (1, 4)
    new = embeddings(second)
    assert len(new) == 4
    for digest in old.keys() & new.keys():
        np.testing.assert_array_equal(new[digest], old[digest])


def test_other_settings_set_the_file_aside_and_earlier_ones_bring_it_back(
    make_cohort: Callable[..., Cohort], spec: BackboneSpec, tmp_path: Path
) -> None:
    cohort = make_cohort(1)
    (first,) = extract_features(cohort, [spec], tmp_path)
    before = first.path.read_bytes()
    told = []
    changed = with_settings(cohort, rotation=45.0, frames=FramesPolicy("every", 2))
    (second,) = extract_features(
        changed, [spec], tmp_path, watcher=Watcher(prepared=lambda *at: told.append(at))
    )
    assert second.frames == 6
    ((_, prepared, missing),) = told
    assert missing == 6
    assert prepared.set_aside is not None
    assert prepared.set_aside.read_bytes() == before
    assert any("rotation is 10.0, needed 45.0" in change for change in prepared.changes)
    back = with_settings(changed, rotation=10.0, frames=FramesPolicy("all"))
    (third,) = extract_features(back, [spec], tmp_path)
    assert third.frames == 0
    assert third.path.read_bytes() == before


def test_a_damaged_file_is_refused_and_left_alone(
    make_cohort: Callable[..., Cohort], spec: BackboneSpec, tmp_path: Path
) -> None:
    cohort = make_cohort(1)
    (outcome,) = extract_features(cohort, [spec], tmp_path)
    half = outcome.path.read_bytes()[:3000]
    outcome.path.write_bytes(half)
    with pytest.raises(FeatureFileError, match="is damaged"):
        extract_features(cohort, [spec], tmp_path)
    assert outcome.path.read_bytes() == half


def test_both_stored_types_hold_the_same_numbers(
    make_cohort: Callable[..., Cohort], spec: BackboneSpec, tmp_path: Path
) -> None:
    half = make_cohort(1)
    (small,) = extract_features(half, [spec], tmp_path / "a")
    (large,) = extract_features(
        with_settings(half, dtype="float32", variants=0), [spec], tmp_path / "b"
    )
    assert ExtractionSettings().dtype == "float16"
    for digest, rows in embeddings(large).items():
        assert rows.dtype == np.float32
        np.testing.assert_allclose(embeddings(small)[digest][:, 0], rows[:, 0], rtol=1e-3)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_strict_run_stops_at_a_bad_clip_and_keeps_those_before(
    make_cohort: Callable[..., Cohort], spec: BackboneSpec, tmp_path: Path, workers: int
) -> None:
    cohort = make_cohort(4)
    path = cohort.clip_path(cohort.clips()[5])
    whole = path.read_bytes()
    extract_features(cohort, [spec], tmp_path / "first", run=RunChoice(strict=True))
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ClipError, match=r"cannot be decoded.*Stopped here because of --strict"):
        extract_features(
            cohort, [spec], tmp_path / "f", run=RunChoice(strict=True, workers=workers)
        )
    path.write_bytes(whole)
    (outcome,) = extract_features(cohort, [spec], tmp_path / "f", run=RunChoice(strict=True))
    assert read_features(outcome.path).done.all()


def test_embeddings_too_large_for_float16_are_refused_and_never_stored_as_infinite(
    make_cohort: Callable[..., Cohort], tmp_path: Path
) -> None:
    from backbone_maker import write_tiny_backbone

    huge = get_backbone(str(write_tiny_backbone(tmp_path / "huge.onnx", gain=1e5)))
    (outcome,) = extract_features(make_cohort(1), [huge], tmp_path / "f")
    assert outcome.clips == 0
    assert len(outcome.failed) == 2
    assert all('set dtype = "float32"' in error for error in outcome.failed.values())
    wide = with_settings(make_cohort(1), dtype="float32")
    (outcome,) = extract_features(wide, [huge], tmp_path / "f")
    assert (outcome.clips, outcome.failed) == (2, {})


def test_a_file_of_an_earlier_schema_is_set_aside(
    make_cohort: Callable[..., Cohort], spec: BackboneSpec, tmp_path: Path
) -> None:
    cohort = make_cohort(1)
    (first,) = extract_features(cohort, [spec], tmp_path)
    with h5py.File(first.path, "r+") as file:
        file.attrs["schema"] = 1
        del file.attrs["header_sha256"]  # which files of that schema do not have
    told = []
    (second,) = extract_features(
        cohort, [spec], tmp_path, watcher=Watcher(prepared=lambda _, file, __: told.append(file))
    )
    assert second.clips == 2
    assert "schema is 1, needed 2" in told[0].changes


def test_a_clip_that_cannot_be_read_for_a_moment_keeps_its_embeddings(
    make_cohort: Callable[..., Cohort], spec: BackboneSpec, tmp_path: Path
) -> None:
    cohort = make_cohort(2)
    (first,) = extract_features(cohort, [spec], tmp_path)
    before = first.path.read_bytes()
    path = cohort.clip_path(cohort.clips()[1])
    path.rename(tmp_path / "away.mp4")
    (forecast,) = forecast_features(cohort, [spec], tmp_path)
    assert (forecast.clips, forecast.kept, forecast.unreadable) == (0, 4, 1)
    (without,) = extract_features(cohort, [spec], tmp_path)
    assert without.clips == 0
    assert first.path.read_bytes() == before
    (tmp_path / "away.mp4").rename(path)
    (again,) = extract_features(cohort, [spec], tmp_path)
    assert (again.clips, again.failed) == (0, {})
    assert first.path.read_bytes() == before


def test_a_clip_that_was_replaced_by_one_that_cannot_be_read_loses_its_embeddings(
    make_cohort: Callable[..., Cohort], spec: BackboneSpec, tmp_path: Path
) -> None:
    cohort = make_cohort(2)
    extract_features(cohort, [spec], tmp_path)
    cohort.clip_path(cohort.clips()[1]).write_text("no video")
    (outcome,) = extract_features(cohort, [spec], tmp_path)
    assert list(outcome.failed) == [cohort.clips()[1]]
    assert read_features(outcome.path).done.tolist() == [True, False, True, True]
