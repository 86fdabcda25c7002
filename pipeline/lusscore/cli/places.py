"""Where cohorts, feature files, results and weights lie: options shared by the commands."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from lusscore.registry import VARIABLE, load_plugins, unload_plugins

_Command = TypeVar("_Command", bound=Callable[..., Any])
_FOLDER = click.Path(file_okay=False, path_type=Path)


def data_dir_option(command: _Command) -> _Command:
    """Add ``--data-dir``."""
    return click.option(
        "--data-dir",
        type=_FOLDER,
        default=Path("data"),
        envvar="LUSSCORE_DATA",
        show_default=True,
        show_envvar=True,
        help="Folder of all cohorts.",
    )(command)


def features_dir_option(command: _Command) -> _Command:
    """Add ``--features-dir``."""
    return click.option(
        "--features-dir",
        type=_FOLDER,
        default=Path("features"),
        envvar="LUSSCORE_FEATURES",
        show_default=True,
        show_envvar=True,
        help="Folder of all feature files.",
    )(command)


def results_dir_option(command: _Command) -> _Command:
    """Add ``--results-dir``."""
    return click.option(
        "--results-dir",
        type=_FOLDER,
        default=Path("results"),
        envvar="LUSSCORE_RESULTS",
        show_default=True,
        show_envvar=True,
        help="Folder of all runs.",
    )(command)


def weights_dir_option(command: _Command) -> _Command:
    """Add ``--weights-dir``."""
    return click.option(
        "--weights-dir",
        type=_FOLDER,
        default=None,
        envvar="LUSSCORE_WEIGHTS",
        show_envvar=True,
        help="Folder of <backbone>.weights.h5 files.",
    )(command)


def backbone_option(help_text: str) -> Callable[[_Command], _Command]:
    """Add ``--backbone``, which may be given several times."""
    return click.option(
        "--backbone",
        "-b",
        "backbones",
        multiple=True,
        metavar="NAME",
        shell_complete=_complete_backbones,
        help=f"{help_text} May be given several times.",
    )


def cohort_argument(command: _Command) -> _Command:
    """Add the argument COHORT: a name under ``--data-dir``, or a folder."""
    return click.argument("cohort", shell_complete=complete_cohorts)(command)


def optional_cohort_argument(command: _Command) -> _Command:
    """Add the argument COHORT where an option may name cohorts instead."""
    return click.argument("cohort", required=False, shell_complete=complete_cohorts)(command)


def cohort_option(
    flag: str, help_text: str, *, multiple: bool = False
) -> Callable[[_Command], _Command]:
    """Add an option that names a cohort as the argument COHORT does."""
    return click.option(
        flag,
        metavar="COHORT",
        default=None,
        multiple=multiple,
        shell_complete=complete_cohorts,
        help=help_text,
    )


def complete_cohorts(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Complete the name of a cohort."""
    folder = Path(ctx.params.get("data_dir") or "data")
    names = [path.parent.name for path in folder.glob("*/cohort.toml")]
    return [CompletionItem(name) for name in sorted(names) if name.startswith(incomplete)]


def _complete_backbones(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    from lusscore.backbones import backbone_names

    return [CompletionItem(name) for name in backbone_names() if name.startswith(incomplete)]


def _load_plugins(ctx: click.Context, param: click.Parameter, files: Sequence[Path]) -> None:
    """Load plug-ins for this command, and have every process that it starts load them."""
    if not files:
        return
    before = os.environ.get(VARIABLE)
    named = [before] if before else []
    os.environ[VARIABLE] = os.pathsep.join([*named, *(str(file.absolute()) for file in files)])
    ctx.call_on_close(partial(_restore, before, files))
    try:
        load_plugins()
    except BaseException:  # then there is no context that could close
        _restore(before, files)
        raise


def _restore(before: str | None, files: Sequence[Path]) -> None:
    unload_plugins(files)
    if before is None:
        os.environ.pop(VARIABLE, None)
    else:
        os.environ[VARIABLE] = before


PLUGIN_OPTION = click.Option(
    ["--plugin"],
    multiple=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.py",
    is_eager=True,
    expose_value=False,
    callback=_load_plugins,
    help="Code of your own that registers backbones, heads, importers, rules or checks; repeat it "
    f"for more.  [env var: {VARIABLE}]",
)
