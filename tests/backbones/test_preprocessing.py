from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lusscore.backbones.libraries import import_keras
from lusscore.backbones.preprocessing import (
    Preprocessing,
    get_preprocessing,
    preprocessing_names,
    register_preprocessing,
)
from lusscore.errors import BackboneError

EVERY_VALUE = np.stack([np.roll(np.arange(256), shift) for shift in (0, 85, 170)], axis=-1).astype(
    np.uint8
)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("xception", "tf"),
        ("inception_v3", "tf"),
        ("resnet_v2", "tf"),
        ("mobilenet_v2", "tf"),
        ("resnet50", "caffe"),
        ("vgg16", "caffe"),
        ("densenet", "torch"),
        ("efficientnet", "none"),
        ("convnext", "none"),
        ("mobilenet_v3", "none"),
    ],
)
def test_equals_what_keras_does_for_every_pixel_value(module: str, name: str) -> None:
    theirs = getattr(import_keras().applications, module).preprocess_input(
        EVERY_VALUE[None].astype(np.float32)
    )
    ours = get_preprocessing(name)(EVERY_VALUE[None])
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


def test_lite_is_minus_127_over_128() -> None:
    pixels = np.array([[0, 127, 255]], np.uint8)
    np.testing.assert_array_equal(get_preprocessing("lite")(pixels), [[-127 / 128, 0.0, 1.0]])


@given(
    pixels=arrays(np.uint8, (2, 3, 4, 3)), name=st.sampled_from(["tf", "caffe", "torch", "lite"])
)
def test_result_is_a_new_float32_array_and_the_input_stays(pixels: np.ndarray, name: str) -> None:
    before = pixels.copy()
    result = get_preprocessing(name)(pixels)
    assert result.dtype == np.float32
    assert result.shape == pixels.shape
    assert not np.shares_memory(result, pixels)
    np.testing.assert_array_equal(pixels, before)


def test_unknown_name_lists_the_registered_ones() -> None:
    with pytest.raises(
        BackboneError,
        match=r"did you mean torch\?? Expected one of tf, caffe, torch, lite, none",
    ):
        get_preprocessing("pytorch")


def test_a_name_cannot_be_registered_twice() -> None:
    before = preprocessing_names()
    with pytest.raises(BackboneError, match="'tf' is registered twice"):
        register_preprocessing(Preprocessing("tf"))
    assert preprocessing_names() == before
