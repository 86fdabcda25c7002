from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from lusscore.backbones import (
    get_backbone,
    load_weights,
    open_engine,
    preprocessing_names,
    registry,
)
from lusscore.cli.backbones import command

PAGE = (Path(__file__).parents[2] / "docs" / "backbones.md").read_text("utf-8")


@pytest.fixture
def small_net() -> Iterator[None]:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(example, {})
    yield
    del registry._BACKBONES["small_net"]


def test_the_table_is_what_the_command_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    printed = CliRunner().invoke(command, [], env={"COLUMNS": "97"}).output
    (shown,) = re.findall(r"\$ lusscore backbones\n(.*?)```", PAGE, re.DOTALL)
    assert [line.rstrip() for line in printed.splitlines()] == shown.splitlines()


def test_every_preprocessing_is_described() -> None:
    assert set(re.findall(r"^\| `(\w+)`.*(?:RGB|BGR)", PAGE, re.MULTILINE)) == set(
        preprocessing_names()
    )


@pytest.mark.usefixtures("small_net")
def test_the_example_of_an_added_backbone_works(tmp_path: Path) -> None:
    spec = get_backbone("small_net")
    network = registry.builder_of(spec)(spec)
    assert network.count_params() == spec.parameters
    network.save_weights(tmp_path / "small_net.weights.h5")
    with open_engine("keras", spec, load_weights(spec, tmp_path)) as engine:
        assert engine.embed(np.zeros((1, 128, 128, 3), np.uint8)).shape == (1, 16)
