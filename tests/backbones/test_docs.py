from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from lusscore.backbones import (
    preprocessing_names,
)
from lusscore.cli.backbones import command

PAGE = (Path(__file__).parents[2] / "docs" / "backbones.md").read_text("utf-8")


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
