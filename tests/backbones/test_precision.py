import numpy as np
import pytest

from lusscore.backbones import check_precision, get_backbone, load_weights, open_engine
from lusscore.errors import EngineError


def test_int8_is_refused_with_the_reason() -> None:
    with pytest.raises(EngineError, match="scales have to be fitted to sample frames"):
        check_precision("int8")


def test_an_unknown_precision_names_those_there_are() -> None:
    with pytest.raises(EngineError, match="'f64'; expected f32, bf16, f16"):
        check_precision("f64")


@pytest.mark.slow
def test_bf16_is_close_where_the_processor_has_it_and_refused_where_not() -> None:
    from lusscore.backbones.openvino_runtime import import_openvino

    spec = get_backbone("efficientnet_lite0")
    weights = load_weights(spec)
    able = import_openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    if "BF16" not in able:
        with pytest.raises(EngineError, match="does not compute in bf16"):
            open_engine("openvino", spec, weights, precision="bf16")
        return
    images = np.random.default_rng(0).integers(0, 256, (4, 224, 224, 3), dtype=np.uint8)
    with (
        open_engine("openvino", spec, weights) as full,
        open_engine("openvino", spec, weights, precision="bf16") as half,
    ):
        reference, found = full.embed(images), half.embed(images)
    assert found.dtype == np.float32
    cosine = (reference * found).sum(1) / np.linalg.norm(reference, axis=1)
    cosine /= np.linalg.norm(found, axis=1)
    assert (cosine > 0.99).all()
    assert (reference != found).any()


@pytest.mark.slow
def test_keras_computes_in_bf16_and_leaves_its_settings_as_they_were() -> None:
    from lusscore.backbones.keras_runtime import import_keras

    keras = import_keras()
    spec = get_backbone("efficientnet_lite0")
    weights = load_weights(spec)
    images = np.random.default_rng(0).integers(0, 256, (2, 224, 224, 3), dtype=np.uint8)
    with (
        open_engine("keras", spec, weights) as full,
        open_engine("keras", spec, weights, precision="bf16") as half,
    ):
        reference, found = full.embed(images), half.embed(images)
    assert keras.config.dtype_policy().name == "float32"
    assert found.dtype == np.float32
    cosine = (reference * found).sum(1) / np.linalg.norm(reference, axis=1)
    assert (cosine / np.linalg.norm(found, axis=1) > 0.99).all()
    assert (reference != found).any()
