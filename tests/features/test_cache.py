"""What the cache computes and what it does not: each entry once, whatever asks for it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clip_maker import moving_bar, write_video
from lusscore.backbones import BackboneSpec, get_backbone
from lusscore.cohort import Cohort, ExtractionSettings, FramesPolicy, read_cohort, write_cohort
from lusscore.features import Features, Outcome, RunChoice, extract_features, read_features
from staged_backbone import staged_backbone

EXTRACTION = ExtractionSettings(FramesPolicy("per-clip", 3), variants=2, dtype="float32")


def with_settings(cohort: Cohort, **changes: object) -> Cohort:
    """The same cohort with other settings of stage one."""
    extraction = replace(cohort.card.extraction, **changes)
    return write_cohort(cohort.folder, replace(cohort.card, extraction=extraction), cohort.segments)


def entries(file: Features) -> dict[tuple[str, int, int], bytes]:
    """Every embedding by clip, frame and variant."""
    return {
        (file.digests[clip], int(frame), variant): embedding.tobytes()
        for clip, frame, row in zip(file.clip, file.frame, file.embeddings, strict=True)
        for variant, embedding in enumerate(row)
    }


def run(cohort: Cohort, spec: BackboneSpec, folder: Path, **options: object) -> Outcome:
    (outcome,) = extract_features(cohort, [spec], folder, **options)
    assert outcome.failed == {}
    return outcome


def test_nothing_is_computed_twice_and_nothing_is_written_again(
    make_cohort: Callable[..., Cohort], spec: BackboneSpec, tmp_path: Path
) -> None:
    cohort = make_cohort(3, extraction=EXTRACTION)
    first = run(cohort, spec, tmp_path / "f")
    assert (first.clips, first.frames, first.images, first.packed) == (6, 18, 54, True)
    again = run(cohort, spec, tmp_path / "f")
    files = {path: path.stat().st_mtime_ns for path in (tmp_path / "f").rglob("*")}
    again = run(cohort, spec, tmp_path / "f")
    assert (again.clips, again.frames, again.images, again.packed) == (0, 0, 0, False)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "f").rglob("*")} == files


def test_two_cohorts_that_share_recordings_compute_them_once(
    make_cohort: Callable[..., Cohort], spec: BackboneSpec, tmp_path: Path
) -> None:
    one = make_cohort(3, name="one", extraction=EXTRACTION)
    # the same recordings under other names, and one more
    other = make_cohort(4, name="other", extraction=EXTRACTION)
    segments = []
    for number, segment in enumerate(other.segments):
        renamed = f"clips/renamed-{number}.mp4"
        shutil.move(other.clip_path(segment.clip), other.folder / renamed)
        segments.append(replace(segment, clip=renamed))
    other = write_cohort(other.folder, other.card, segments)
    run(one, spec, tmp_path / "f")
    outcome = run(other, spec, tmp_path / "f")
    assert outcome.clips == 2
    straight = run(other, spec, tmp_path / "straight")
    assert entries(read_features(outcome.path)) == entries(read_features(straight.path))


@pytest.mark.parametrize(
    ("changes", "images"),
    [
        ({"frames": FramesPolicy("per-clip", 5)}, 6 * 2 * 3),
        ({"variants": 3}, 6 * 3 * 1),
        ({"frames": FramesPolicy("per-clip", 5), "variants": 3}, 6 * (3 * 1 + 2 * 4)),
        ({"frames": FramesPolicy("per-clip", 2)}, None),
        ({"variants": 1}, 0),
        ({"variants": 0}, 0),
        ({"seed": 1}, 6 * 3 * 2),
        ({"rotation": 3.0}, 6 * 3 * 2),
        ({"contrast": "stretch"}, 6 * 3 * 3),
        ({"dtype": "float16"}, 6 * 3 * 3),
    ],
    ids=str,
)
def test_other_settings_compute_what_lacks_and_going_back_computes_nothing(
    make_cohort: Callable[..., Cohort],
    spec: BackboneSpec,
    tmp_path: Path,
    changes: dict[str, object],
    images: int | None,
) -> None:
    cohort = make_cohort(3, extraction=EXTRACTION)
    before = entries(read_features(run(cohort, spec, tmp_path / "f").path))
    changed = with_settings(cohort, **changes)
    outcome = run(changed, spec, tmp_path / "f")
    if images is not None:
        assert outcome.images == images
    assert outcome.packed
    grown = entries(read_features(outcome.path))
    straight = run(changed, spec, tmp_path / "straight")
    assert grown == entries(read_features(straight.path))
    back = run(with_settings(changed, **vars(EXTRACTION)), spec, tmp_path / "f")
    assert (back.images, back.packed) == (0, True)
    assert entries(read_features(back.path)) == before
    forth = run(with_settings(cohort, **changes), spec, tmp_path / "f")
    assert forth.images == 0
    assert entries(read_features(forth.path)) == grown


@pytest.mark.slow
def test_a_further_layer_computes_only_that_layer(
    make_cohort: Callable[..., Cohort], tmp_path: Path
) -> None:
    with staged_backbone(tmp_path) as staged:
        options = {"weights_dir": tmp_path}
        cohort = make_cohort(2, extraction=replace(EXTRACTION, levels=("8.mean",)))
        run(cohort, staged, tmp_path / "f", **options)
        parts = set((tmp_path / "f").glob(".cache/*/*/*/*.h5"))
        more = with_settings(cohort, levels=("4.max", "8.mean"))
        outcome = run(more, staged, tmp_path / "f", **options)
        assert outcome.images == 4 * 3 * 3
        for path in set((tmp_path / "f").glob(".cache/*/*/*/*.h5")) - parts:
            with h5py.File(path) as file:
                assert file["embeddings"].shape[-1] == 4  # channels of the one layer
        grown = read_features(outcome.path)
        straight = read_features(run(more, staged, tmp_path / "straight", **options).path)
        assert entries(grown) == entries(straight)
        for name in ("4.max", "8.mean"):
            assert sorted(map(bytes, grown.levels[name])) == sorted(
                map(bytes, straight.levels[name])
            )
        fewer = run(with_settings(cohort, levels=()), staged, tmp_path / "f", **options)
        assert fewer.images == 0
        assert not read_features(fewer.path).levels


def test_a_clip_whose_bytes_changed_is_computed_anew_though_its_frames_are_as_many(
    make_cohort: Callable[..., Cohort], spec: BackboneSpec, tmp_path: Path
) -> None:
    cohort = make_cohort(2, extraction=EXTRACTION)
    before = read_features(run(cohort, spec, tmp_path / "f").path)
    clip = cohort.clips()[1]
    write_video(cohort.clip_path(clip), moving_bar(5, seed=99))
    outcome = run(cohort, spec, tmp_path / "f")
    assert outcome.clips == 1
    after = read_features(outcome.path)
    assert after.digests[1] != before.digests[1]
    assert after.embeddings[after.rows(1)].tobytes() != before.embeddings[before.rows(1)].tobytes()
    straight = read_features(run(cohort, spec, tmp_path / "straight").path)
    assert entries(after) == entries(straight)


def test_labels_order_and_removed_rows_compute_nothing(
    make_cohort: Callable[..., Cohort], spec: BackboneSpec, tmp_path: Path
) -> None:
    cohort = make_cohort(3, extraction=EXTRACTION)
    run(cohort, spec, tmp_path / "f")
    segments = [replace(segment, score=0, group="") for segment in reversed(cohort.segments)][1:]
    outcome = run(write_cohort(cohort.folder, cohort.card, segments), spec, tmp_path / "f")
    assert (outcome.images, outcome.packed) == (0, True)
    assert read_features(outcome.path).paths == tuple(segment.clip for segment in segments)


def test_a_clip_that_fails_keeps_its_reason_and_is_tried_again(
    make_cohort: Callable[..., Cohort], spec: BackboneSpec, tmp_path: Path
) -> None:
    cohort = make_cohort(2, extraction=EXTRACTION)
    bad = cohort.clip_path(cohort.clips()[0])
    sound = bad.read_bytes()
    bad.write_bytes(b"no video")
    (outcome,) = extract_features(cohort, [spec], tmp_path / "f")
    assert list(outcome.failed) == [cohort.clips()[0]]
    file = read_features(outcome.path)
    assert file.errors[0] == outcome.failed[cohort.clips()[0]]
    assert file.done.tolist() == [False, True, True, True]
    (again,) = extract_features(cohort, [spec], tmp_path / "f")
    assert (list(again.failed), again.packed) == ([cohort.clips()[0]], False)
    bad.write_bytes(sound)
    mended = run(cohort, spec, tmp_path / "f")
    assert mended.clips == 1
    assert read_features(mended.path).done.all()


@pytest.mark.parametrize("forgotten", [(), ("media.json",), ("media.json", ".cache")], ids=str)
def test_clips_on_a_drive_that_is_away_keep_their_rows(
    make_cohort: Callable[..., Cohort],
    spec: BackboneSpec,
    tmp_path: Path,
    forgotten: tuple[str, ...],
) -> None:
    cohort = make_cohort(3, extraction=EXTRACTION)
    before = entries(read_features(run(cohort, spec, tmp_path / "f").path))
    away = [cohort.clip_path(clip) for clip in cohort.clips()[:2]]
    for path in away:
        path.rename(path.with_suffix(".away"))
    for name in forgotten:
        for path in [tmp_path / "f" / "tiny" / name, tmp_path / "f" / name]:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(True)
    # another change, so that the file has to be packed anew
    segments = cohort.segments[:-1]
    outcome = run(write_cohort(cohort.folder, cohort.card, segments), spec, tmp_path / "f")
    assert (outcome.images, outcome.away) == (0, list(cohort.clips()[:2]))
    after = read_features(outcome.path)
    assert after.done.all()
    assert entries(after) == {key: before[key] for key in entries(after)}
    assert len(after.paths) == 5


def test_a_clip_that_is_away_and_was_never_computed_is_a_failure(
    make_cohort: Callable[..., Cohort], spec: BackboneSpec, tmp_path: Path
) -> None:
    cohort = make_cohort(2, extraction=EXTRACTION)
    cohort.clip_path(cohort.clips()[0]).unlink()
    (outcome,) = extract_features(cohort, [spec], tmp_path / "f")
    assert list(outcome.failed) == [cohort.clips()[0]]
    assert outcome.away == []


def test_parts_of_a_run_are_computed_by_jobs_and_packed_by_a_last_one(
    make_cohort: Callable[..., Cohort], spec: BackboneSpec, tmp_path: Path
) -> None:
    cohort = make_cohort(4, extraction=EXTRACTION)
    jobs = [run(cohort, spec, tmp_path / "f", run=RunChoice(part=(part, 3))) for part in (1, 2, 3)]
    assert sum(job.clips for job in jobs) == 8
    assert all(job.clips >= 2 and not job.packed for job in jobs)
    assert not (tmp_path / "f" / "tiny" / "tiny.h5").exists()
    last = run(cohort, spec, tmp_path / "f")
    assert (last.images, last.packed) == (0, True)
    straight = run(cohort, spec, tmp_path / "straight")
    assert entries(read_features(last.path)) == entries(read_features(straight.path))


def test_another_reader_finds_embeddings_tables_and_origin_in_clear(
    make_cohort: Callable[..., Cohort], spec: BackboneSpec, tmp_path: Path
) -> None:
    cohort = make_cohort(2, extraction=EXTRACTION)
    path = run(cohort, spec, tmp_path / "f").path
    ours = read_features(path)
    with h5py.File(path) as file:
        embeddings = file["embeddings"]
        assert embeddings.chunks is None
        assert embeddings.shape == (12, 3, 8)
        assert np.array_equal(embeddings[...], ours.embeddings)
        assert [one.decode() for one in file["clips/path"][...]] == list(cohort.clips())
        assert '"weights"' in file.attrs["recipe"]
        assert "openvino" in file.attrs["engine"]
        told = "".join(map(str, file.attrs.values()))
        assert str(tmp_path) not in told
        assert str(Path(spec.source).parent) not in told
    assert path.read_bytes()[:22] == b"lusscore feature file,"


def test_long_names_make_short_paths(
    make_cohort: Callable[..., Cohort], tiny_backbone: Path, tmp_path: Path
) -> None:
    onnx = tmp_path / f"{'résumé network ' * 10}.onnx"
    shutil.copy(tiny_backbone, onnx)
    run(make_cohort(1, extraction=EXTRACTION), get_backbone(str(onnx)), tmp_path / "f")
    parts = [path.relative_to(tmp_path / "f") for path in (tmp_path / "f").rglob(".cache/*/*/*/*")]
    assert parts
    assert max(len(str(part)) for part in parts) <= 130
    assert all(str(part).isascii() for part in parts)


def test_names_that_differ_in_case_alone_never_mix(
    make_cohort: Callable[..., Cohort], tmp_path: Path
) -> None:
    # as on a file system without case, where both have one feature file
    from backbone_maker import write_tiny_backbone

    cohort = make_cohort(1, extraction=EXTRACTION)
    lower = get_backbone(str(write_tiny_backbone(tmp_path / "net.onnx", seed=1)))
    upper = get_backbone(str(write_tiny_backbone(tmp_path / "NET.onnx", seed=2)))
    path = run(cohort, lower, tmp_path / "f").path
    path.rename(path.with_name("NET.h5"))
    outcome = run(cohort, upper, tmp_path / "f")
    assert (outcome.images, outcome.packed) == (18, True)
    straight = run(cohort, upper, tmp_path / "straight")
    assert entries(read_features(outcome.path)) == entries(read_features(straight.path))


@pytest.mark.slow
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_walk_through_settings_ends_where_a_straight_run_does(
    make_cohort: Callable[..., Cohort],
    spec: BackboneSpec,
    tmp_path_factory: pytest.TempPathFactory,
    data: st.DataObject,
) -> None:
    folder = tmp_path_factory.mktemp("walk")
    cohort = make_cohort(1, frames=4, folder=folder / "data" / "tiny", extraction=EXTRACTION)
    step = st.fixed_dictionaries(
        {
            "frames": st.sampled_from([FramesPolicy("all"), FramesPolicy("per-clip", 2)]),
            "variants": st.integers(0, 3),
            "seed": st.integers(0, 1),
        }
    )
    seen: set[tuple[str, int, int, int]] = set()
    for changes in data.draw(st.lists(step, min_size=1, max_size=4)):
        cohort = with_settings(read_cohort(cohort.folder), **changes)
        outcome = run(cohort, spec, folder / "f")
        file = read_features(outcome.path)
        needed = {(*key, changes["seed"] if key[2] else -1) for key in entries(file)}
        assert outcome.images == len(needed - seen)
        seen |= needed
    straight = run(cohort, spec, folder / "straight")
    assert entries(file) == entries(read_features(straight.path))
