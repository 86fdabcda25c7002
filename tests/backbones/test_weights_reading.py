from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest

from lusscore.backbones import BackboneSpec, Weights, load_weights
from lusscore.backbones.keras_runtime import import_keras
from lusscore.backbones.registry import builder_of
from lusscore.backbones.weights_reading import read_weights
from lusscore.errors import WeightsError


def weights_at(path: Path) -> Weights:
    return Weights(path, hashlib.sha256(path.read_bytes()).hexdigest(), "weights-dir")


@pytest.fixture
def copy(lite0: BackboneSpec, tmp_path: Path) -> Path:
    return Path(shutil.copy(load_weights(lite0).path, tmp_path))


def read(spec: BackboneSpec, path: Path) -> None:
    read_weights(builder_of(spec)(spec), spec, weights_at(path))


def test_a_file_that_fits_is_read(toy_spec: BackboneSpec, toy_weights: Weights) -> None:
    network = builder_of(toy_spec)(toy_spec)
    read_weights(network, toy_spec, toy_weights)
    with h5py.File(toy_weights.path) as file:
        stored = file["layers/conv2d/vars/0"][()]
    np.testing.assert_array_equal(network.get_weights()[0], stored)


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
