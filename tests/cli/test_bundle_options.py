from __future__ import annotations

from pathlib import Path

import click
import pytest

from bundle_maker import make_bundle
from lusscore.cli.main import main
from lusscore.models import write_bundle


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
