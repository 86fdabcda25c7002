from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from bundle_maker import make_bundle
from cohort_maker import Lusscore
from lusscore.cli.main import _COMMANDS, main
from lusscore.models import write_bundle


def test_help_lists_every_command(lusscore: Lusscore) -> None:
    told = lusscore("--help").output
    assert all(f"  {name} " in told for name in _COMMANDS)
    assert "Exit codes" in told


@pytest.mark.parametrize("name", _COMMANDS)
def test_every_command_explains_itself(lusscore: Lusscore, name: str) -> None:
    result = lusscore(name, "--help")
    assert result.exit_code == 0
    assert f"{name} [OPTIONS]" in result.output
    command = main.get_command(None, name)  # type: ignore[attr-defined]
    for parameter in command.params:
        if parameter.param_type_name == "option":
            assert parameter.help, f"{name} {parameter.name} has no help"
            assert all(flag in result.output for flag in parameter.opts if flag.startswith("--"))
    headings = getattr(command, "headings", {})
    places = [result.output.index(f"{heading}:") for heading in headings.values()]
    assert places == sorted(places)
    assert ("Options:" in result.output) is not bool(headings)


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from lusscore.cli import main;"
        "assert CliRunner().invoke(main, ['--help']).exit_code == 0;"
        "heavy = {'numpy', 'h5py', 'keras', 'tensorflow', 'openvino', 'sklearn', 'pandas', 'rich'};"
        "print(heavy & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_installed_command_is_this_one() -> None:
    (found,) = entry_points(group="console_scripts", name="lusscore")
    assert found.load() is main


def test_an_unknown_command_is_exit_code_2(lusscore: Lusscore) -> None:
    result = lusscore("predict")
    assert result.exit_code == 2
    assert "No such command 'predict'" in result.output
    assert "Did you mean 'train'?" in lusscore("trian").output


def test_the_help_of_cv_fits_two_screens() -> None:
    shown = CliRunner().invoke(main, ["cv", "--help"], terminal_width=100).output
    assert len(shown.splitlines()) <= 90


@pytest.mark.parametrize("command", ["cv", "train", "suggest", "check", "features", "verify"])
def test_a_wrong_cohort_is_refused_before_heavy_imports(command: str) -> None:
    code = (
        "import sys; from click.testing import CliRunner; from lusscore.cli import main;"
        f"result = CliRunner().invoke(main, [{command!r}, 'nowhere']);"
        "assert result.exit_code == 2 and 'nowhere' in result.output, result.output;"
        "heavy = {'keras', 'tensorflow', 'openvino', 'sklearn', 'pandas', 'matplotlib'};"
        "print(heavy & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize(
    "command", [("check", "nowhere"), ("report", "nowhere"), ("score", "nowhere")]
)
def test_what_could_not_run_is_a_sentence_and_exit_code_2(
    lusscore: Lusscore, command: tuple[str, ...]
) -> None:
    result = lusscore(*command)
    assert result.exit_code == 2
    assert "Error: " in result.output
    assert "Traceback" not in result.output
    assert "nowhere" in result.output


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(lusscore: Lusscore, shell: str) -> None:
    result = lusscore("completion", shell)
    assert result.exit_code == 0
    assert "_LUSSCORE_COMPLETE" in result.output


@pytest.mark.parametrize("command", ["score", "serve"])
def test_bundles_are_completed_by_name(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_bundle(make_bundle(tmp_path), Path("results") / "bundles" / "ward-7")
    found = main.get_command(click.Context(main), command)
    assert found is not None
    (model,) = [one for one in found.params if one.name == "model"]
    context = click.Context(found)
    offered = {
        text: [one.value for one in model.shell_complete(context, text)] for text in ("", "w")
    }
    assert offered == {"": ["phantom", "ward-7"], "w": ["ward-7"]}
