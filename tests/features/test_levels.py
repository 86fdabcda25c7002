"""Levels in real feature files: computed, kept, checked, mended and told apart like embeddings."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from lusscore.backbones import BackboneSpec, get_backbone, load_weights
from lusscore.cohort import Cohort, ExtractionSettings, FramesPolicy, read_cohort, write_cohort
from lusscore.errors import BackboneError, FeatureFileError
from lusscore.features import (
    EngineChoice,
    Features,
    Outcome,
    RepairChoice,
    Watcher,
    cohort_status,
    extract_features,
    fingerprint_parts,
    forecast_features,
    read_features,
    repair_cohort,
    verify_cohort,
)
from lusscore.features.computing.clip_task import ClipTask, compute_clip
from lusscore.features.file.generate import write_generated_features
from lusscore.features.file.layout import PlannedClip
from staged_backbone import build_staged, staged_backbone

LEVELS = ("16.max", "8.bottom", "4.std")
WIDTH = 6 + 6 + 5 + 4
CLIPS, FRAMES = 6, 4


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("staged-weights")


@pytest.fixture(scope="module")
def spec(weights: Path) -> Iterator[BackboneSpec]:
    with staged_backbone(weights) as staged:
        yield staged


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> EngineChoice:
    """Keeps converted networks, so that each is built once."""
    return EngineChoice(threads=1, cache=tmp_path_factory.mktemp("networks"))


@pytest.fixture
def cohort(make_cohort: Callable[..., Cohort]) -> Cohort:
    return make_cohort(CLIPS // 2, frames=FRAMES, extraction=extraction(LEVELS))


@pytest.fixture
def extract(
    spec: BackboneSpec, weights: Path, engine: EngineChoice, tmp_path: Path
) -> Callable[..., Outcome]:
    def run(cohort: Cohort, folder: str = "features", **how: object) -> Outcome:
        (outcome,) = extract_features(
            cohort, [spec], tmp_path / folder, weights_dir=weights, engine=engine,
            **how,  # type: ignore[arg-type]
        )  # fmt: skip
        return outcome

    return run


def extraction(levels: tuple[str, ...], dtype: str = "float16") -> ExtractionSettings:
    return ExtractionSettings(FramesPolicy("all"), variants=1, dtype=dtype, levels=levels)


def with_levels_of(cohort: Cohort, levels: tuple[str, ...]) -> Cohort:
    card = replace(cohort.card, extraction=replace(cohort.card.extraction, levels=levels))
    return write_cohort(cohort.folder, card, cohort.spans)


def rows(features: Features) -> dict[str, list[bytes]]:
    """Embeddings and levels of each clip, by its digest."""
    kept = [features.embeddings, *features.levels.values()]
    return {
        digest: [array[features.clip == row].tobytes() for array in kept]
        for row, digest in enumerate(features.digests)
    }


def stored(path: Path) -> bytes:
    with h5py.File(path) as file:
        return bytes(file["embeddings"][...].tobytes() + file["frames/time"][...].tobytes())


def test_levels_stand_beside_the_embedding_which_stays_as_it_is(
    cohort: Cohort, extract: Callable[..., Outcome]
) -> None:
    features = read_features(extract(cohort).path)
    plain = read_features(extract(with_levels_of(cohort, ()), "plain").path)
    assert plain.levels == {}
    assert {name: level.shape for name, level in features.levels.items()} == {
        "16.max": (CLIPS * FRAMES, 2, 6),
        "8.bottom": (CLIPS * FRAMES, 2, 5),
        "4.std": (CLIPS * FRAMES, 2, 4),
    }
    assert {level.dtype.name for level in features.levels.values()} == {"float16"}
    largest = np.abs(plain.embeddings).max()
    np.testing.assert_allclose(features.embeddings, plain.embeddings, atol=1e-3 * largest)
    assert (features.levels["16.max"] >= features.embeddings).all()
    assert all((level != 0).any(axis=(0, 1)).any() for level in features.levels.values())
    assert plain.path.stat().st_size < features.path.stat().st_size


def test_levels_are_views_and_take_no_memory_of_their_own(
    cohort: Cohort, extract: Callable[..., Outcome]
) -> None:
    features = read_features(extract(cohort).path)
    bases = {id(array.base) for array in (features.embeddings, *features.levels.values())}
    assert len(bases) == 1


def test_a_worker_computes_what_this_process_computes(
    cohort: Cohort,
    spec: BackboneSpec,
    weights: Path,
    engine: EngineChoice,
    extract: Callable[..., Outcome],
) -> None:
    from lusscore.backbones import with_levels

    features = read_features(extract(cohort).path)
    clip = PlannedClip(features.paths[0], features.digests[0], np.arange(FRAMES))
    result = compute_clip(
        ClipTask(
            0,
            clip,
            cohort.clip_path(clip.path),
            cohort.card.extraction,
            ((with_levels(spec, LEVELS), load_weights(spec, weights)),),
            engine,
            16,
        )
    )
    (whole,) = result.embeddings
    assert whole.shape == (FRAMES, 2, WIDTH)
    assert whole.dtype == np.float16
    here = rows(features)[clip.digest]
    assert [np.ascontiguousarray(part).tobytes() for part in np.split(whole, [6, 12, 16], 2)] == [
        here[0], here[1], here[2], here[3],
    ]  # fmt: skip


def test_a_run_that_is_stopped_goes_on_to_the_same_bytes(
    cohort: Cohort, extract: Callable[..., Outcome]
) -> None:
    watcher = Watcher()
    watcher = replace(watcher, frames=lambda backbone, frames: watcher.stop.set())
    assert not extract(cohort, watcher=watcher).finished
    again = extract(cohort)
    assert again.finished
    assert again.clips > 0
    assert stored(again.path) == stored(extract(cohort, "straight").path)


def test_other_levels_make_a_file_stale_and_name_themselves(
    cohort: Cohort,
    spec: BackboneSpec,
    weights: Path,
    extract: Callable[..., Outcome],
    tmp_path: Path,
) -> None:
    path = extract(cohort).path
    before = path.read_bytes()
    for levels, told in (
        (("16.max",), "levels is 16.max (6), 4.std (4), 8.bottom (5), needed 16.max (6)"),
        ((), "levels is 16.max (6), 4.std (4), 8.bottom (5), needed none"),
    ):
        other = with_levels_of(cohort, levels)
        (status,) = cohort_status(other, tmp_path / "features", weights_dir=weights)
        assert (status.state, status.why) == ("stale", (told,))
        (forecast,) = forecast_features(other, [spec], tmp_path / "features", weights_dir=weights)
        assert (forecast.clips, forecast.changes) == (CLIPS, (told,))
        with pytest.raises(FeatureFileError, match="was made with other settings: levels is"):
            read_features(path, fingerprint_parts(spec, None, other.card.extraction))
        assert extract(other).clips == CLIPS
        assert extract(with_levels_of(cohort, LEVELS)).clips == 0
        assert path.read_bytes() == before


def test_the_size_of_a_file_with_levels_is_foretold(
    cohort: Cohort,
    spec: BackboneSpec,
    weights: Path,
    extract: Callable[..., Outcome],
    tmp_path: Path,
) -> None:
    # many numbers to a frame, beside which HDF5's own tables are small
    large = replace(cohort, card=replace(cohort.card, extraction=replace(
        cohort.card.extraction, variants=400)))  # fmt: skip
    (forecast,) = forecast_features(large, [spec], tmp_path, weights_dir=weights)
    path = tmp_path / "staged.h5"
    write_generated_features(path, large, spec, CLIPS * FRAMES)
    assert forecast.size == pytest.approx(path.stat().st_size, rel=0.02)
    assert sum(level.shape[-1] for level in read_features(path).levels.values()) == 15


def test_a_cohort_that_grows_keeps_its_levels(
    cohort: Cohort, make_cohort: Callable[..., Cohort], extract: Callable[..., Outcome]
) -> None:
    before = rows(read_features(extract(cohort).path))
    more = make_cohort(CLIPS // 2 + 1, frames=FRAMES, extraction=extraction(LEVELS))
    outcome = extract(read_cohort(more.folder))
    assert outcome.clips == 2
    after = rows(read_features(outcome.path))
    assert {digest: after[digest] for digest in before} == before
    assert after == rows(read_features(extract(more, "straight").path))


def test_a_flipped_bit_in_a_level_is_found_and_mended(
    cohort: Cohort,
    weights: Path,
    engine: EngineChoice,
    extract: Callable[..., Outcome],
    tmp_path: Path,
) -> None:
    path = extract(cohort).path
    sound = stored(path)
    with h5py.File(path) as file:
        start = file["embeddings"].id.get_offset()
    flip(path, start + 2 * (WIDTH - 1))  # the last number of the first image's last level
    (report,) = verify_cohort(cohort, tmp_path / "features")
    assert report.clips_found("rows") == ("clips/p0_R1.mp4",)
    with pytest.raises(FeatureFileError, match="does not match its checksum"):
        read_features(path)
    choice = RepairChoice(weights_dir=weights, engine=engine)
    (repair,) = repair_cohort(cohort, tmp_path / "features", choice=choice)
    assert (repair.mended, repair.computed) == (True, 1)
    assert stored(path) == sound


@pytest.mark.parametrize("damage", ["header", "fingerprint", "cut"])
def test_a_file_that_is_damaged_as_a_whole_gives_its_levels_back(
    damage: str,
    cohort: Cohort,
    weights: Path,
    engine: EngineChoice,
    extract: Callable[..., Outcome],
    tmp_path: Path,
) -> None:
    path = extract(cohort).path
    sound = stored(path)
    data = path.read_bytes()
    if damage == "cut":
        path.write_bytes(data[:-10])
    elif damage == "header":
        flip(path, data.index(b'"8.bottom": 5') + len(b'"8.bottom": '))
    else:
        with h5py.File(path) as file:
            flip(path, data.index(file.attrs["fingerprint"].encode()))
    choice = RepairChoice(weights_dir=weights, engine=engine)
    (repair,) = repair_cohort(cohort, tmp_path / "features", choice=choice)
    lost = 1 if damage == "cut" else 0
    assert (repair.mended, repair.saved, repair.computed) == (True, CLIPS - lost, lost)
    assert stored(path) == sound
    assert list(read_features(path).levels) == ["16.max", "4.std", "8.bottom"]


def test_a_level_beyond_float16_is_named(
    cohort: Cohort, spec: BackboneSpec, extract: Callable[..., Outcome], tmp_path: Path
) -> None:
    network = build_staged(spec)
    convolutions = [layer for layer in network.layers if getattr(layer, "filters", 0)]
    for layer, factor in zip(convolutions, (1e6, 1, 1, 1e-6), strict=True):
        layer.set_weights([factor * values for values in layer.get_weights()])
    network.save_weights(tmp_path / "staged.weights.h5")
    (outcome,) = extract_features(
        cohort, [spec], tmp_path / "large", weights_dir=tmp_path, engine=EngineChoice(threads=1)
    )
    assert len(outcome.failed) == CLIPS
    for error in outcome.failed.values():
        assert "embeddings (levels 4.std, 8.bottom) beyond what float16 holds" in error


def test_a_level_that_a_backbone_lacks_ends_the_run_before_anything_is_written(
    cohort: Cohort, tiny_backbone: Path, extract: Callable[..., Outcome], tmp_path: Path
) -> None:
    wanted = with_levels_of(cohort, ("32.mean",))
    with pytest.raises(BackboneError, match="staged has no feature map for the level 32.mean"):
        extract(wanted)
    with pytest.raises(BackboneError, match="cannot be had of the ONNX file"):
        extract_features(wanted, [get_backbone(str(tiny_backbone))], tmp_path / "features")
    assert not (tmp_path / "features").exists()


def test_the_status_of_a_file_whose_backbone_lacks_a_level_says_so(
    cohort: Cohort, weights: Path, extract: Callable[..., Outcome], tmp_path: Path
) -> None:
    extract(cohort)
    wanted = with_levels_of(cohort, ("32.mean",))
    (status,) = cohort_status(wanted, tmp_path / "features", weights_dir=weights)
    assert status.state == "stale"
    assert "no feature map for the level 32.mean" in status.why[0]


def flip(path: Path, position: int) -> None:
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(data)
