"""What stage one computes of each frame: options of the commands that make a cohort's card."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])


def levels_option(command: _Command) -> _Command:
    """Add ``--levels``."""
    return click.option(
        "--levels",
        multiple=True,
        metavar="LEVEL",
        help="Kept of each network beside its embedding, such as 16.mean or 32.top: the map's "
        "stride and its pooling. May be given several times.",
    )(command)


def variants_option(command: _Command) -> _Command:
    """Add ``--variants``."""
    return click.option(
        "--variants", type=int, default=3, show_default=True, help="Augmented copies a frame."
    )(command)
