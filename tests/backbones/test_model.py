from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from lusscore.backbones import BackboneSpec, Weights
from lusscore.backbones.keras_runtime import import_keras
from lusscore.backbones.model import build_model
from lusscore.backbones.preprocessing import get_preprocessing, preprocessing_names
from lusscore.backbones.registry import builder_of
from lusscore.errors import BackboneError


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
    from lusscore.backbones.model import _preprocess

    keras = import_keras()
    pixels = np.arange(256 * 3).reshape(1, 16, 16, 3).astype(np.uint8)
    for name in preprocessing_names():
        inputs = keras.Input((16, 16, 3), dtype="uint8")
        model = keras.Model(inputs, _preprocess(keras, inputs, name))
        expected = get_preprocessing(name)(pixels)
        np.testing.assert_allclose(model.predict_on_batch(pixels), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.usefixtures("channels_first")
def test_other_settings_of_keras_are_refused(toy_spec: BackboneSpec, toy_weights: Weights) -> None:
    with pytest.raises(BackboneError, match=r"set to float32 and channels_first.*keras\.json"):
        build_model(toy_spec, toy_weights)
