"""Further layers in real feature files: computed, kept and told apart like embeddings."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lusscore.backbones import BackboneSpec, get_backbone
from lusscore.cohort import Cohort, ExtractionSettings, FramesPolicy, write_cohort
from lusscore.errors import BackboneError, FeatureFileError
from lusscore.features import (
    EngineChoice,
    Outcome,
    cohort_status,
    extract_features,
    forecast_features,
    read_features,
    read_fresh,
)
from staged_backbone import build_staged, staged_backbone

pytestmark = pytest.mark.slow  # Keras is imported

LEVELS = ("16.max", "8.bottom", "4.std")
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
    settings = ExtractionSettings(FramesPolicy("all"), variants=1, levels=LEVELS)
    return make_cohort(CLIPS // 2, frames=FRAMES, extraction=settings)


@pytest.fixture
def extract(
    spec: BackboneSpec, weights: Path, engine: EngineChoice, tmp_path: Path
) -> Callable[..., Outcome]:
    def run(cohort: Cohort, folder: str = "features") -> Outcome:
        (outcome,) = extract_features(
            cohort, [spec], tmp_path / folder, weights_dir=weights, engine=engine
        )
        return outcome

    return run


def keeping(cohort: Cohort, *levels: str) -> Cohort:
    """The cohort, whose card asks for these levels."""
    card = replace(cohort.card, extraction=replace(cohort.card.extraction, levels=levels))
    return write_cohort(cohort.folder, card, cohort.segments)


def test_levels_stand_beside_the_embedding_which_stays_as_it_is(
    cohort: Cohort, extract: Callable[..., Outcome]
) -> None:
    features = read_features(extract(cohort).path)
    plain = read_features(extract(keeping(cohort), "plain").path)
    assert plain.levels == {}
    assert {name: level.shape for name, level in features.levels.items()} == {
        "16.max": (CLIPS * FRAMES, 2, 6),
        "4.std": (CLIPS * FRAMES, 2, 4),
        "8.bottom": (CLIPS * FRAMES, 2, 5),
    }
    assert {level.dtype.name for level in features.levels.values()} == {"float16"}
    largest = np.abs(plain.embeddings).max()
    np.testing.assert_allclose(features.embeddings, plain.embeddings, atol=1e-3 * largest)
    assert (features.levels["16.max"] >= features.embeddings).all()
    assert all((level != 0).any(axis=(0, 1)).any() for level in features.levels.values())
    # they are views of one mapped array, and take no memory of their own
    for part in (features.embeddings, *features.levels.values()):
        assert np.shares_memory(part, features.stored)


def test_other_levels_make_a_file_stale_and_are_named(
    cohort: Cohort,
    spec: BackboneSpec,
    weights: Path,
    extract: Callable[..., Outcome],
    tmp_path: Path,
) -> None:
    extract(cohort)
    # one that is there already, none at all, and one that is yet to be computed
    for levels, clips in ((("16.max",), 0), ((), 0), (("16.mean",), CLIPS)):
        other = keeping(cohort, *levels)
        (status,) = cohort_status(other, tmp_path / "features", weights_dir=weights)
        (why,) = status.why
        assert status.state == "stale"
        assert "layers are" in why
        assert all(f"{name} (" in why for name in ("embedding", *levels))
        (forecast,) = forecast_features(other, [spec], tmp_path / "features", weights_dir=weights)
        assert (forecast.clips, forecast.changes) == (clips, (why,))
        with pytest.raises(FeatureFileError, match="layers are"):
            read_fresh(other, spec, tmp_path / "features", weights)
        assert extract(other).clips == clips
        assert tuple(read_features(status.path).levels) == levels
        assert extract(keeping(cohort, *LEVELS)).clips == 0


def test_a_level_beyond_float16_is_named(
    cohort: Cohort, spec: BackboneSpec, weights: Path, tmp_path: Path
) -> None:
    network = build_staged(spec)
    network.load_weights(weights / "staged.weights.h5")
    convolutions = [layer for layer in network.layers if getattr(layer, "filters", 0)]
    for layer, factor in zip(convolutions, (1e6, 1, 1, 1e-6), strict=True):
        layer.set_weights([factor * values for values in layer.get_weights()])
    network.save_weights(tmp_path / "staged.weights.h5")
    (outcome,) = extract_features(
        cohort, [spec], tmp_path / "large", weights_dir=tmp_path, engine=EngineChoice(threads=1)
    )
    assert len(outcome.failed) == CLIPS
    for error in outcome.failed.values():
        assert "levels 4.std, 8.bottom" in error
        assert "float16" in error


def test_a_level_that_a_backbone_lacks_ends_the_run_before_anything_is_computed(
    cohort: Cohort,
    weights: Path,
    tiny_backbone: Path,
    extract: Callable[..., Outcome],
    tmp_path: Path,
) -> None:
    extract(cohort)
    before = set(tmp_path.rglob("*.h5"))
    wanted = keeping(cohort, "32.mean")
    with pytest.raises(BackboneError, match=r"staged .* 32\.mean"):
        extract(wanted)
    with pytest.raises(BackboneError, match="ONNX"):
        extract_features(wanted, [get_backbone(str(tiny_backbone))], tmp_path / "features")
    assert set(tmp_path.rglob("*.h5")) == before
    (status,) = cohort_status(wanted, tmp_path / "features", weights_dir=weights)
    assert status.state == "stale"
    assert "32.mean" in status.why[0]
