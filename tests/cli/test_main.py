import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import entry_points

import pytest
from click.testing import Result

from lusscore.cli.main import _COMMANDS, main


def test_help_lists_every_command(lusscore: Callable[..., Result]) -> None:
    told = lusscore("--help").output
    assert all(f"  {name} " in told for name in _COMMANDS)
    assert "Exit codes" in told


@pytest.mark.parametrize("name", _COMMANDS)
def test_every_command_explains_itself(lusscore: Callable[..., Result], name: str) -> None:
    result = lusscore(name, "--help")
    assert result.exit_code == 0
    assert f"{name} [OPTIONS]" in result.output
    command = main.get_command(None, name)  # type: ignore[attr-defined]
    for parameter in command.params:
        if parameter.param_type_name == "option":
            assert parameter.help, f"{name} {parameter.name} has no help"


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


def test_an_unknown_command_is_exit_code_2(lusscore: Callable[..., Result]) -> None:
    result = lusscore("predict")
    assert result.exit_code == 2
    assert "No such command 'predict'" in result.output


@pytest.mark.parametrize(
    "command", [("check", "nowhere"), ("report", "nowhere"), ("score", "nowhere")]
)
def test_what_could_not_run_is_a_sentence_and_exit_code_2(
    lusscore: Callable[..., Result], command: tuple[str, ...]
) -> None:
    result = lusscore(*command)
    assert result.exit_code == 2
    assert result.output.startswith("Error: ")
    assert "nowhere" in result.output


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_printed(lusscore: Callable[..., Result], shell: str) -> None:
    result = lusscore("completion", shell)
    assert result.exit_code == 0
    assert "_LUSSCORE_COMPLETE" in result.output
