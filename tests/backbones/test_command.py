from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from lusscore.backbones import backbone_names, preprocessing_names
from lusscore.cli.backbones import command
from lusscore.errors import BackboneError

PAGE = (Path(__file__).parents[2] / "docs" / "backbones.md").read_text("utf-8")
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(autouse=True)
def _empty_keras_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))


def invoke(*arguments: str) -> str:
    result = CliRunner().invoke(command, arguments, env={"COLUMNS": "160"})
    assert result.exit_code == 0, result.output
    return result.output


def test_the_main_backbones_are_listed_and_the_others_counted() -> None:
    output = invoke()
    rows = [line.strip("│ ").split() for line in output.splitlines() if line.startswith("│")]
    assert [row[0] for row in rows] == list(backbone_names()[:4])
    assert f"{len(backbone_names()) - 4} more: lusscore backbones --all" in output
    first = [word for word in rows[0] if word != "│"]
    assert first[1:] == ["224×224", "1280", "3.4", "M", "0.77", "bundled"]
    assert rows[1][-2:] == ["missing:", "xception.weights.h5"]


def test_all_lists_every_backbone() -> None:
    output = invoke("--all")
    assert all(name in output for name in backbone_names())
    assert "more:" not in output


def test_a_weights_folder_is_looked_into(tmp_path: Path) -> None:
    (tmp_path / "vgg16.weights.h5").touch()
    (record,) = json.loads(invoke("vgg16", "--weights-dir", str(tmp_path), "--json"))
    assert record["weights"] == str(tmp_path / "vgg16.weights.h5")
    assert record["weights_origin"] == "weights-dir"


def test_json_has_plain_numbers() -> None:
    (record,) = json.loads(invoke("--json", "ResNet50"))
    assert record == {
        "name": "resnet50",
        "family": "keras",
        "input_size": [224, 224],
        "preprocessing": "caffe",
        "embedding_size": 2048,
        "parameters": 23587712,
        "flops": 7711850496,
        "weights": None,
        "weights_origin": None,
        "weights_file": "resnet50.weights.h5",
    }


def test_an_onnx_file_is_described_like_the_others(save_onnx: Callable[..., Path]) -> None:
    path = save_onnx()
    (record,) = json.loads(invoke(str(path), "--json"))
    assert (record["family"], record["weights"], record["weights_file"]) == (
        "onnx",
        str(path),
        None,
    )


def test_an_unknown_name_is_an_error_of_ours() -> None:
    result = CliRunner().invoke(command, ["resnet5O"])
    assert isinstance(result.exception, BackboneError)
    assert "did you mean resnet50" in str(result.exception)


def test_listing_imports_no_network_library(run_python: Run) -> None:
    code = """
import sys
from lusscore.cli.backbones import command
command(["--all"], standalone_mode=False)
print(sorted({"tensorflow", "keras", "openvino", "h5py", "scipy"} & set(sys.modules)))
"""
    ran = run_python(code)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.splitlines()[-1] == "[]"


def test_the_table_in_the_docs_is_what_the_command_prints() -> None:
    printed = CliRunner().invoke(command, [], env={"COLUMNS": "97"}).output
    rows = [line for line in printed.splitlines() if line.startswith("│")]
    assert len(rows) == 4
    (shown,) = re.findall(r"\$ lusscore backbones\n(.*?)```", PAGE, re.DOTALL)
    assert [line for line in shown.splitlines() if line.startswith("│")] == rows


def test_every_preprocessing_is_described() -> None:
    assert set(re.findall(r"^\| `(\w+)`.*(?:RGB|BGR)", PAGE, re.MULTILINE)) == set(
        preprocessing_names()
    )
