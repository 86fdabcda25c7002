"""Running commands as users do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from lusscore.cli import main


@pytest.fixture
def lusscore(tmp_path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:  # type: ignore[no-untyped-def]
    """Run a command in an empty folder, without weights from the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LUSSCORE_WEIGHTS", raising=False)
    runner = CliRunner()

    def run(*arguments: object) -> Result:
        result = runner.invoke(main, [str(argument) for argument in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run
