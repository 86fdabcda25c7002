"""Which bundle scores: options shared by the commands that score."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

_Command = TypeVar("_Command", bound=Callable[..., Any])


def model_option(command: _Command) -> _Command:
    """Add ``--model``."""
    return click.option(
        "--model",
        "-m",
        default="phantom",
        show_default=True,
        metavar="BUNDLE",
        shell_complete=_complete_bundles,
        help="What 'lusscore train' made: a folder, a .zip, or a name under "
        "<results-dir>/bundles. The default is trained on computed images, shows how the program "
        "works, and says nothing about patients.",
    )(command)


def expect_option(command: _Command) -> _Command:
    """Add ``--expect``."""
    return click.option(
        "--expect", default=None, metavar="DIGEST", help="Refuse a bundle of another digest."
    )(command)


def _complete_bundles(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    from lusscore.models import BUILTIN, bundle_names

    folder = Path(ctx.params.get("results_dir") or "results") / "bundles"
    names = dict.fromkeys([BUILTIN, *bundle_names(folder)])
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]
