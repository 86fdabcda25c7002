from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from lusscore.backbones import BackboneSpec, Weights, get_backbone, load_weights, open_engine
from lusscore.errors import EngineError

Images = Callable[..., np.ndarray]


def test_any_number_of_images_gives_the_same_embeddings(
    toy_spec: BackboneSpec, toy_weights: Weights, make_images: Images
) -> None:
    images = make_images(toy_spec, 37)
    before = images.copy()
    images.flags.writeable = False
    with open_engine("keras", toy_spec, toy_weights) as engine:
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
    with open_engine("keras", toy_spec, toy_weights) as engine:
        for count in range(1, 17):
            engine.embed(images[:count])
        function = engine._model.predict_function
        assert function.experimental_get_tracing_count() <= 5


def test_versions_name_keras_and_its_backend(toy_spec: BackboneSpec, toy_weights: Weights) -> None:
    with open_engine("keras", toy_spec, toy_weights) as engine:
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
        open_engine("keras", toy_spec, toy_weights, device="CPU") as named,
        open_engine("keras", toy_spec, toy_weights) as default,
    ):
        np.testing.assert_allclose(named.embed(images), default.embed(images), rtol=1e-5)


def test_unknown_device_lists_those_there_are(toy_spec: BackboneSpec, toy_weights: Weights) -> None:
    with pytest.raises(EngineError, match=r"no device 'gpu:7'; available are cpu:0"):
        open_engine("keras", toy_spec, toy_weights, device="GPU:7")


def test_an_onnx_file_is_sent_to_the_other_engine(save_onnx: Callable[..., Path]) -> None:
    spec = get_backbone(str(save_onnx()))
    with pytest.raises(EngineError, match=r"cannot run the ONNX file .*use the engine openvino"):
        open_engine("keras", spec, load_weights(spec))
