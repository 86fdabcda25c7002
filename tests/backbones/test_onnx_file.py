from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lusscore.backbones import get_backbone
from lusscore.errors import BackboneError

Save = Callable[..., Path]


def sidecar(path: Path, text: str) -> Path:
    beside = path.with_name(f"{path.name}.toml")
    beside.write_text(text, encoding="utf-8")
    return beside


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("batch", ["n", 4])
def test_the_file_tells_layout_size_and_cost(
    save_onnx: Save, layout: str, batch: int | str
) -> None:
    path = save_onnx(name="my_net.onnx", layout=layout, batch=batch)
    spec = get_backbone(str(path))
    assert (spec.name, spec.family, spec.source) == ("my_net", "onnx", str(path))
    assert (spec.layout, spec.input_size, spec.embedding_size) == (layout, (16, 24), 5)
    assert spec.preprocessing == "torch"
    assert spec.parameters == 5 * 3 * 3 * 3
    assert spec.flops == 2 * 8 * 12 * 5 * 3 * 3 * 3


def test_the_sidecar_sets_preprocessing_size_and_output(save_onnx: Save) -> None:
    path = save_onnx(size=("h", "w"), two_outputs=True)
    sidecar(path, 'preprocessing = "tf"\ninput_size = [20, 30]\noutput = "map"\n')
    spec = get_backbone(str(path))
    assert (spec.preprocessing, spec.input_size, spec.output) == ("tf", (20, 30), "map")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("preprocessing = ", "is not valid TOML"),
        (
            "size = [1, 2]",
            "line 1, size: is unknown; expected any of preprocessing, input_size, output",
        ),
        ('preprocessing = "imagenet"', "Unknown preprocessing 'imagenet'; expected one of tf"),
        ("preprocessing = 3", "line 1, preprocessing: 3 is not allowed; expected text"),
        ("input_size = 224", "line 1, input_size: 224 is not allowed; expected a list"),
        ("input_size = [224]", r"line 1, input_size\[1\]: is missing"),
        ("input_size = [0, 9.5]", r"(?s)input_size\[0\]: 0 is .*\[1\]: 9.5 is not allowed"),
        ("input_size = [32, 32]", r"takes images of 16 x 24.* input_size = \[32, 32\]"),
        ('output = "conv9"', "no output, tensor or node named 'conv9'"),
    ],
)
def test_a_wrong_sidecar_is_explained(save_onnx: Save, text: str, told: str) -> None:
    path = save_onnx()
    sidecar(path, text)
    with pytest.raises(BackboneError, match=told):
        get_backbone(str(path))


def test_an_open_size_asks_for_a_sidecar(save_onnx: Save) -> None:
    with pytest.raises(BackboneError, match=r"leaves the image size open.*net\.onnx\.toml"):
        get_backbone(str(save_onnx(size=("h", "w"))))


def test_several_outputs_ask_for_a_choice(save_onnx: Save) -> None:
    with pytest.raises(BackboneError, match=r"2 outputs \(features, map\)"):
        get_backbone(str(save_onnx(two_outputs=True)))


def test_something_that_is_no_onnx_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"\x08\x01 nothing of use")
    with pytest.raises(BackboneError, match=r"broken\.onnx: it cannot be read as an ONNX network"):
        get_backbone(str(path))


def test_weights_in_a_second_file_are_refused(save_onnx: Save) -> None:
    path = save_onnx(external=True, channels=4000)
    with pytest.raises(BackboneError, match="keeps its weights in a second file"):
        get_backbone(str(path))


def test_an_input_without_three_channels_is_refused(tmp_path: Path) -> None:
    import onnx
    from onnx import TensorProto, helper

    graph = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["y"])],
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 1, 8, 8])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
    )
    path = tmp_path / "grey.onnx"
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.save(model, path)
    with pytest.raises(BackboneError, match="with 3 channels"):
        get_backbone(str(path))
