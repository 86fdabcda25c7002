from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import h5py
import numpy as np
import pytest

from lusscore.backbones import (
    BackboneSpec,
    Engine,
    EngineChoice,
    Weights,
    get_backbone,
    load_weights,
    with_levels,
)
from lusscore.backbones.keras_network import build_model, last_maps, pool_level, read_weights
from lusscore.backbones.libraries import import_keras
from lusscore.backbones.preprocessing import get_preprocessing, preprocessing_names
from lusscore.backbones.registry import Network, builder_of
from lusscore.cohort.extraction import POOLINGS, STRIDES
from lusscore.errors import BackboneError, EngineError, WeightsError
from staged_backbone import STAGED, build_staged, staged_backbone


@pytest.fixture
def channels_first() -> Iterator[None]:
    config = import_keras().config
    config.set_image_data_format("channels_first")
    yield
    config.set_image_data_format("channels_last")


def test_frames_go_in_and_pooled_features_come_out(
    toy_spec: BackboneSpec, toy_weights: Weights, make_images: Callable[..., np.ndarray]
) -> None:
    images = make_images(toy_spec, 3)
    network = builder_of(toy_spec)(toy_spec)
    network.load_weights(toy_weights.path)
    features = network.predict_on_batch(get_preprocessing("caffe")(images))
    embeddings = build_model(toy_spec, toy_weights).predict_on_batch(images)
    np.testing.assert_allclose(embeddings, features.mean(axis=(1, 2)), rtol=1e-5, atol=1e-4)


def test_every_preprocessing_is_the_same_in_the_graph_as_in_numpy(toy_spec: BackboneSpec) -> None:
    from lusscore.backbones.keras_network import preprocess

    keras = import_keras()
    pixels = np.arange(256 * 3).reshape(1, 16, 16, 3).astype(np.uint8)
    for name in preprocessing_names():
        inputs = keras.Input((16, 16, 3), dtype="uint8")
        model = keras.Model(inputs, preprocess(keras, inputs, name))
        expected = get_preprocessing(name)(pixels)
        np.testing.assert_allclose(model.predict_on_batch(pixels), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.usefixtures("channels_first")
def test_other_settings_of_keras_are_refused(toy_spec: BackboneSpec, toy_weights: Weights) -> None:
    with pytest.raises(BackboneError, match=r"set to float32 and channels_first.*keras\.json"):
        build_model(toy_spec, toy_weights)


def strided(keras: Network, x: Network, channels: int, **how: object) -> Network:
    return keras.layers.Conv2D(channels, 3, 2, **how)(x)


def test_the_last_map_of_each_size_is_found_and_padding_is_none() -> None:
    keras = import_keras()
    layers = keras.layers
    inputs = keras.Input((96, 64, 3))
    x = strided(keras, inputs, 2, padding="same")
    x = strided(keras, x, 3, padding="same")
    x = layers.Conv2D(5, 1)(x)
    last = layers.ReLU()(x)
    x = layers.ZeroPadding2D(((0, 1), (0, 1)))(last)
    x = strided(keras, x, 7)
    network = keras.Model(inputs, layers.GlobalAveragePooling2D()(x))
    maps = last_maps(network)
    assert {stride: tuple(found.shape[1:]) for stride, found in maps.items()} == {
        4: (24, 16, 5),
        8: (12, 8, 7),
    }
    assert maps[4] is last


def test_maps_of_a_sequential_network_are_found() -> None:
    keras = import_keras()
    steps = [keras.layers.Conv2D(2, 3, 2, padding="same") for _ in range(3)]
    network = keras.Sequential([keras.Input((64, 64, 3)), *steps])
    maps = last_maps(network)
    seen = keras.Model(network.inputs, [maps[4], network.outputs[0]])
    assert [output.shape[1] for output in seen.outputs] == [16, 8]


def test_sizes_that_lose_pixels_at_the_edges_count_as_the_nearest_power_of_two() -> None:
    xception = get_backbone("xception")  # 147, 74, 37, 19, 10 of 299
    maps = last_maps(builder_of(xception)(xception))
    assert [maps[stride].shape[1] for stride in (4, 8, 16, 32)] == [74, 37, 19, 10]
    assert tuple((stride, maps[stride].shape[-1]) for stride, _ in xception.maps) == xception.maps


def test_maps_of_a_network_inside_a_network_are_not_mistaken_for_its_own() -> None:
    keras = import_keras()
    inner_inputs = keras.Input((64, 64, 3))
    x = strided(keras, strided(keras, inner_inputs, 4, padding="same"), 4, padding="same")
    inner = keras.Model(inner_inputs, x)
    inputs = keras.Input((64, 64, 3))
    assert last_maps(keras.Model(inputs, inner(inputs))) == {}


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
        with EngineChoice(name, threads=2).open(spec, staged_weights) as engine:
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
    with EngineChoice("openvino", cache=lite0_cache).open(spec, load_weights(spec)) as engine:
        found = split(spec, engine.embed(images))
    expected = lite0_engine.embed(images)
    np.testing.assert_allclose(found[""], expected, atol=1e-6 * np.abs(expected).max())
    np.testing.assert_allclose(found["32.mean"], expected, atol=1e-5 * np.abs(expected).max())
    assert (found["4.max"] >= found["4.mean"]).all()


def test_channels_that_are_not_those_of_the_spec_are_refused(
    staged: BackboneSpec, staged_weights: Weights
) -> None:
    wrong = with_levels(replace(staged, maps=((16, 6), (8, 7))), ["8.mean"])
    with pytest.raises(BackboneError, match=r"staged at stride 8 has 5 channels, expected 7"):
        build_model(wrong, staged_weights)


def weights_at(path: Path) -> Weights:
    return Weights(path, hashlib.sha256(path.read_bytes()).hexdigest(), "weights-dir")


@pytest.fixture
def copy(lite0: BackboneSpec, tmp_path: Path) -> Path:
    return Path(shutil.copy(load_weights(lite0).path, tmp_path))


def read(spec: BackboneSpec, path: Path) -> None:
    read_weights(builder_of(spec)(spec), spec, weights_at(path))


@pytest.mark.parametrize("kept", [0, 100, 0.5, 0.99])
def test_a_file_cut_short_is_refused_in_one_sentence(
    lite0: BackboneSpec, copy: Path, kept: float
) -> None:
    content = copy.read_bytes()
    copy.write_bytes(content[: int(kept if kept > 1 else kept * len(content))])
    with pytest.raises(WeightsError) as caught:
        read(lite0, copy)
    assert str(copy) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_something_that_is_no_hdf5_is_refused(lite0: BackboneSpec, copy: Path) -> None:
    copy.write_text("not weights")
    with pytest.raises(WeightsError, match="cannot be read as weights of efficientnet_lite0"):
        read(lite0, copy)


def test_weights_of_a_larger_network_are_refused(toy_spec: BackboneSpec, copy: Path) -> None:
    with pytest.raises(WeightsError, match=r"holds 3,413,024 weights, but toy .* has 196"):
        read(toy_spec, copy)


def test_as_many_weights_in_other_layers_are_refused(
    toy_spec: BackboneSpec, tmp_path: Path
) -> None:
    keras = import_keras()
    other = keras.Sequential([keras.Input((195,)), keras.layers.Dense(1)])
    assert other.count_params() == toy_spec.parameters
    path = tmp_path / "toy.weights.h5"
    other.save_weights(path)
    with pytest.raises(WeightsError, match="damaged or another network's"):
        read(toy_spec, path)


def test_random_states_of_dropout_layers_do_not_count(tmp_path: Path) -> None:
    keras = import_keras()

    def build() -> object:
        return keras.Sequential(
            [keras.Input((4,)), keras.layers.Dense(2), keras.layers.Dropout(0.5, seed=1)]
        )

    path = tmp_path / "net.weights.h5"
    build().save_weights(path)
    spec = BackboneSpec("net", (1, 1), "none", 2, 10, 0, "registered")
    read_weights(build(), spec, weights_at(path))


def test_files_in_the_format_of_keras_2_are_read_too(tmp_path: Path) -> None:
    keras = import_keras()
    from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

    def build() -> object:
        return keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])

    saved = build()
    path = tmp_path / "net_notop.h5"
    with h5py.File(path, "w") as file:
        save_weights_to_hdf5_group(file, saved)
    spec = BackboneSpec("net", (1, 1), "none", 2, 10, 0, "keras")
    network = build()
    read_weights(network, spec, weights_at(path))
    np.testing.assert_array_equal(network.get_weights()[0], saved.get_weights()[0])


Images = Callable[..., np.ndarray]


def test_any_number_of_images_gives_the_same_embeddings(
    toy_spec: BackboneSpec, toy_weights: Weights, make_images: Images
) -> None:
    images = make_images(toy_spec, 37)
    before = images.copy()
    images.flags.writeable = False
    with EngineChoice("keras").open(toy_spec, toy_weights) as engine:
        together = engine.embed(images)
        alone = np.concatenate([engine.embed(image[None]) for image in images])
    assert together.shape == (37, 7)
    assert together.dtype == np.float32
    np.testing.assert_allclose(alone, together, rtol=1e-5)
    np.testing.assert_array_equal(images, before)


def test_batches_of_every_size_are_traced_a_few_times_only(
    toy_spec: BackboneSpec, toy_weights: Weights, make_images: Images
) -> None:
    images = make_images(toy_spec, 16)
    with EngineChoice("keras").open(toy_spec, toy_weights) as engine:
        for count in range(1, 17):
            engine.embed(images[:count])
        function = engine._model.predict_function
        assert function.experimental_get_tracing_count() <= 5


def test_versions_name_keras_and_its_backend(toy_spec: BackboneSpec, toy_weights: Weights) -> None:
    with EngineChoice("keras").open(toy_spec, toy_weights) as engine:
        assert engine.name == "keras"
        assert engine.versions == {
            "keras": version("keras"),
            "tensorflow": version("tensorflow"),
        }


def test_the_cpu_can_be_asked_for(
    toy_spec: BackboneSpec, toy_weights: Weights, make_images: Images
) -> None:
    images = make_images(toy_spec, 2)
    with (
        EngineChoice("keras", device="CPU").open(toy_spec, toy_weights) as named,
        EngineChoice("keras").open(toy_spec, toy_weights) as default,
    ):
        np.testing.assert_allclose(named.embed(images), default.embed(images), rtol=1e-5)


def test_unknown_device_lists_those_there_are(toy_spec: BackboneSpec, toy_weights: Weights) -> None:
    with pytest.raises(EngineError, match=r"no device 'gpu:7'; available are cpu:0"):
        EngineChoice("keras", device="GPU:7").open(toy_spec, toy_weights)


def test_an_onnx_file_is_sent_to_the_other_engine(save_onnx: Callable[..., Path]) -> None:
    spec = get_backbone(str(save_onnx()))
    with pytest.raises(EngineError, match=r"cannot run the ONNX file .*use the engine openvino"):
        EngineChoice("keras").open(spec, load_weights(spec))
