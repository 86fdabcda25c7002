from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lusscore.backbones import (
    BackboneSpec,
    Engine,
    Weights,
    get_backbone,
    load_weights,
    open_engine,
    registry,
    with_levels,
)
from lusscore.backbones.engines.graph_cache import entry_name
from lusscore.backbones.keras_runtime import import_keras
from lusscore.backbones.levels import pool_level
from lusscore.backbones.model import build_model
from lusscore.cohort.extraction import BANDS, POOLINGS, STRIDES
from lusscore.errors import BackboneError
from staged_backbone import STAGED, build_staged, staged_backbone

EVERY = tuple(f"{stride}.{pooling}" for stride in STRIDES for pooling in POOLINGS)


@pytest.fixture(scope="module")
def staged_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("staged-weights")


@pytest.fixture(scope="module")
def staged(staged_folder: Path) -> Iterator[BackboneSpec]:
    with staged_backbone(staged_folder) as spec:
        yield spec


@pytest.fixture(scope="module")
def staged_weights(staged: BackboneSpec, staged_folder: Path) -> Weights:
    return load_weights(staged, staged_folder)


def split(spec: BackboneSpec, rows: np.ndarray) -> dict[str, np.ndarray]:
    """Cut rows into the embedding, under the name "", and its levels."""
    edges = np.cumsum([spec.embedding_size, *spec.level_sizes.values()])
    assert edges[-1] == spec.width == rows.shape[-1]
    return dict(zip(("", *spec.levels), np.split(rows, edges[:-1], axis=-1), strict=True))


def test_each_level_is_its_map_pooled_as_its_name_says(
    staged: BackboneSpec, staged_weights: Weights, make_images: Callable[..., np.ndarray]
) -> None:
    images = make_images(staged, 2)
    names = [f"{stride}.{pooling}" for stride, _ in staged.maps for pooling in POOLINGS]
    spec = with_levels(staged, names)
    found = split(spec, build_model(spec, staged_weights).predict_on_batch(images))
    keras = import_keras()
    network = build_staged(staged)
    network.load_weights(staged_weights.path)
    for stride, channels in staged.maps:
        (conv,) = (layer for layer in network.layers if getattr(layer, "filters", 0) == channels)
        see = keras.Model(network.inputs, conv.output)
        feature_map = see.predict_on_batch(images / np.float32(127.5) - np.float32(1))
        assert feature_map.shape[1] == 96 // stride
        third = feature_map.shape[1] // 3
        expected = {
            "mean": feature_map.mean((1, 2)),
            "max": feature_map.max((1, 2)),
            "std": feature_map.std((1, 2)),
            "top": feature_map[:, :third].mean((1, 2)),
            "middle": feature_map[:, third:-third].mean((1, 2)),
            "bottom": feature_map[:, -third:].mean((1, 2)),
        }
        for pooling, values in expected.items():
            np.testing.assert_allclose(found[f"{stride}.{pooling}"], values, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found["16.mean"], found[""], rtol=1e-6)


@settings(max_examples=30)
@given(thirds=st.integers(1, 6), columns=st.integers(1, 5), seed=st.integers(0, 99))
def test_bands_average_to_the_mean_where_rows_divide_evenly(
    thirds: int, columns: int, seed: int
) -> None:
    keras = import_keras()
    shape = (2, 3 * thirds, columns, 4)
    feature_map = np.random.default_rng(seed).normal(size=shape).astype(np.float32)

    def pooled(pooling: str) -> np.ndarray:
        return np.asarray(pool_level(keras, feature_map, STAGED, f"16.{pooling}"))

    bands = np.mean([pooled(band) for band in BANDS], axis=0)
    np.testing.assert_allclose(bands, pooled("mean"), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("rows", [3, 4, 5, 7, 10, 19])
def test_bands_are_of_about_the_same_height_and_miss_no_row(rows: int) -> None:
    keras = import_keras()
    one_hot = np.eye(rows, dtype=np.float32)[None, :, None, :]
    weights = [np.asarray(pool_level(keras, one_hot, STAGED, f"8.{band}"))[0] for band in BANDS]
    heights = [np.count_nonzero(weight) for weight in weights]
    assert sum(heights) == rows
    assert max(heights) - min(heights) <= 1
    assert [weight.nonzero()[0].min() for weight in weights] == sorted(
        weight.nonzero()[0].min() for weight in weights
    )


def test_a_map_of_two_rows_has_no_bands() -> None:
    with pytest.raises(BackboneError, match=r"level 16.top of staged .* 2 rows into 3 bands"):
        pool_level(import_keras(), np.zeros((1, 2, 2, 6), np.float32), STAGED, "16.top")


def test_both_engines_give_the_same_levels(
    staged: BackboneSpec, staged_weights: Weights, make_images: Callable[..., np.ndarray]
) -> None:
    spec = with_levels(staged, ["16.max", "8.bottom", "4.std"])
    images = make_images(spec, 5)
    rows = []
    for name in ("openvino", "keras"):
        with open_engine(name, spec, staged_weights, threads=2) as engine:
            rows.append(engine.embed(images))
    assert rows[0].shape == (5, 6 + 4 + 6 + 5)
    found, expected = (split(spec, given) for given in rows)
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, atol=1e-5 * np.abs(values).max())


@pytest.mark.slow
def test_levels_leave_the_embedding_of_the_bundled_network_as_it_is(
    lite0: BackboneSpec,
    lite0_engine: Engine,
    make_images: Callable[..., np.ndarray],
    lite0_cache: Path,
) -> None:
    spec = with_levels(lite0, ["32.mean", "4.mean", "4.max", "8.top", "16.std"])
    images = make_images(spec, 3)
    with open_engine("openvino", spec, load_weights(spec), cache=lite0_cache) as engine:
        found = split(spec, engine.embed(images))
    expected = lite0_engine.embed(images)
    np.testing.assert_allclose(found[""], expected, atol=1e-6 * np.abs(expected).max())
    np.testing.assert_allclose(found["32.mean"], expected, atol=1e-5 * np.abs(expected).max())
    assert (found["4.max"] >= found["4.mean"]).all()


def test_saved_networks_of_other_levels_have_other_names(lite0: BackboneSpec) -> None:
    weights = load_weights(lite0)
    names = {
        entry_name(with_levels(lite0, levels), weights)
        for levels in ((), ("16.mean",), ("16.max",), ("16.max", "16.mean"))
    }
    assert len(names) == 4


def test_the_order_in_which_levels_are_named_does_not_matter(lite0: BackboneSpec) -> None:
    one, other = ("8.top", "32.max", "16.mean"), ("16.mean", "8.top", "32.max")
    assert with_levels(lite0, one) == with_levels(lite0, other)
    assert with_levels(lite0, ()) == lite0


def test_every_registered_network_has_every_level() -> None:
    for spec in registry.registered_backbones().values():
        if spec.family in ("bundled", "keras"):
            assert with_levels(spec, EVERY).width > spec.embedding_size


def test_a_level_that_a_network_lacks_is_told_with_those_it_has(staged: BackboneSpec) -> None:
    with pytest.raises(BackboneError, match=r"staged has no feature map for the level 32.mean; "
                       r"those it has are of stride 16, 8, 4"):  # fmt: skip
        with_levels(staged, ["16.max", "32.mean"])
    with pytest.raises(BackboneError, match="feature maps are not known; give them as maps"):
        with_levels(replace(staged, maps=()), ["16.max"])


def test_an_onnx_file_has_no_levels(save_onnx: Callable[..., Path]) -> None:
    path = save_onnx()
    with pytest.raises(BackboneError, match=r"cannot be had of the ONNX file .*net\.onnx, of"):
        with_levels(get_backbone(str(path)), ["32.max"])


def test_channels_that_are_not_those_of_the_spec_are_refused(
    staged: BackboneSpec, staged_weights: Weights
) -> None:
    wrong = with_levels(replace(staged, maps=((16, 6), (8, 7))), ["8.mean"])
    with pytest.raises(BackboneError, match=r"staged at stride 8 has 5 channels, expected 7"):
        build_model(wrong, staged_weights)
