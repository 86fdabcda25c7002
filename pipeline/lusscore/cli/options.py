"""Options and arguments that several commands share, and their headings in help texts."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from lusscore.registry import VARIABLE, load_plugins, unload_plugins

# as in lusscore.clips, which is not imported for a help text
MEGAPIXELS, MOST_MEGAPIXELS = "LUSSCORE_MAX_MEGAPIXELS", 4_000
_Command = TypeVar("_Command", bound=Callable[..., Any])
_FOLDER: dict[str, Any] = {
    "type": click.Path(file_okay=False, path_type=Path),
    "show_default": True,
    "show_envvar": True,
}


class GroupedCommand(click.Command):
    """A command whose help shows its options under `headings`.

    `headings` names the parameter that each heading begins with; it lasts until the next one.
    """

    def __init__(self, *arguments: Any, headings: dict[str, str], **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.headings = headings

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, in their order, under the headings."""
        heading, sections = "Options", dict[str, list[tuple[str, str]]]()
        for parameter in self.get_params(ctx):
            heading = self.headings.get(parameter.name or "", heading)
            record = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
            if record is not None:
                sections.setdefault(heading, []).append(record)
        for title, records in sections.items():
            with formatter.section(title):
                formatter.write_dl(records)


def cohort_names(data_dir: Path) -> list[str]:
    """Name the cohorts that have a folder under `data_dir`."""
    return sorted(path.parent.name for path in data_dir.glob("*/cohort.toml"))


_Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def _completing(names: Callable[[dict[str, Any]], Iterable[str]]) -> _Complete:
    """Complete one of the names that there are, given the other parameters."""

    def complete(
        ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        return [CompletionItem(name) for name in names(ctx.params) if name.startswith(incomplete)]

    return complete


def _backbones(given: dict[str, Any]) -> Iterable[str]:
    from lusscore.backbones import backbone_names

    return backbone_names()


def _bundles(given: dict[str, Any]) -> Iterable[str]:
    from lusscore.models import BUILTIN, bundle_names

    folder = Path(given.get("results_dir") or "results") / "bundles"
    return dict.fromkeys([BUILTIN, *bundle_names(folder)])


_complete_cohorts = _completing(lambda given: cohort_names(Path(given.get("data_dir") or "data")))


data_dir = click.option(
    "--data-dir", default="data", envvar="LUSSCORE_DATA", help="Folder of all cohorts.", **_FOLDER
)
features_dir = click.option(
    "--features-dir", default="features", envvar="LUSSCORE_FEATURES",
    help="Folder of all feature files.", **_FOLDER,
)  # fmt: skip
results_dir = click.option(
    "--results-dir", default="results", envvar="LUSSCORE_RESULTS",
    help="Folder of all runs and models.", **_FOLDER,
)  # fmt: skip
weights_dir = click.option(
    "--weights-dir", default=None, envvar="LUSSCORE_WEIGHTS",
    help="Folder of <backbone>.weights.h5 files.", **_FOLDER,
)  # fmt: skip

cohort = click.argument("cohort", shell_complete=_complete_cohorts)
optional_cohort = click.argument("cohort", required=False, shell_complete=_complete_cohorts)
cohorts = click.argument("cohorts", nargs=-1, shell_complete=_complete_cohorts)


def cohort_option(
    flag: str, help_text: str, *, multiple: bool = False
) -> Callable[[_Command], _Command]:
    """Add an option that names a cohort as the argument COHORT does."""
    return click.option(
        flag,
        metavar="COHORT",
        default=None,
        multiple=multiple,
        shell_complete=_complete_cohorts,
        help=help_text,
    )


def backbone(help_text: str) -> Callable[[_Command], _Command]:
    """Add ``--backbone``, which may be repeated."""
    return click.option(
        "--backbone",
        "-b",
        "backbones",
        multiple=True,
        metavar="NAME",
        shell_complete=_completing(_backbones),
        help=help_text,
    )


def engine(command: _Command) -> _Command:
    """Add ``--engine``, ``--device`` and ``--threads``."""
    for option in (
        click.option(
            "--threads", type=click.IntRange(1), help="CPU threads.  [default: all cores]"
        ),
        click.option("--device", default=None, help="The engine's device, e.g. CPU or GPU."),
        click.option("--engine", default="openvino", show_default=True, help="openvino or keras."),
    ):
        command = option(command)
    return command


kept_levels = click.option(
    "--levels",
    multiple=True,
    metavar="LEVEL",
    help="Earlier layers to keep beside the embedding, such as 16.mean or 32.top: stride of the "
    "feature map and its pooling; may be repeated.",
)
variants = click.option(
    "--variants", type=int, default=3, show_default=True, help="Augmented copies of a frame."
)
head_settings = click.option(
    "--set",
    "assignments",
    metavar="KEY=VALUE",
    multiple=True,
    help="A setting of a head, as epochs=10 or svm.C=0.1; may be repeated.",
)
seed = click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Of all that is random."
)
jobs = click.option(
    "--jobs", type=click.IntRange(1), default=1, show_default=True, help="Heads trained at once."
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
open_report = click.option(
    "--open/--no-open", "open_report", default=False, help="Show the report in a browser."
)
model = click.option(
    "--model",
    "-m",
    default="phantom",
    show_default=True,
    metavar="BUNDLE",
    shell_complete=_completing(_bundles),
    help="What 'lusscore train' made: a folder, a .zip, or a name under <results-dir>/bundles. "
    "The default is trained on synthetic images and says nothing about patients.",
)
expect = click.option(
    "--expect", default=None, metavar="DIGEST", help="Refuse a model of another digest."
)


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
    _restore_variable(VARIABLE, before)


def _restore_variable(name: str, before: str | None) -> None:
    if before is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = before


def _set_megapixels(ctx: click.Context, param: click.Parameter, most: float | None) -> None:
    """Let this command and every process that it starts read larger clips, or only smaller."""
    if most is not None:
        before = os.environ.get(MEGAPIXELS)
        os.environ[MEGAPIXELS] = f"{most:g}"
        ctx.call_on_close(partial(_restore_variable, MEGAPIXELS, before))


max_megapixels = click.option(
    "--max-megapixels",
    type=click.FloatRange(0, min_open=True),
    default=None,
    expose_value=False,
    callback=_set_megapixels,
    help="Refuse clips of more pixels, in millions, in all frames together.  [default: "
    f"{MOST_MEGAPIXELS}; env var: {MEGAPIXELS}]",
)

PLUGIN_OPTION = click.Option(
    ["--plugin"],
    multiple=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.py",
    is_eager=True,
    expose_value=False,
    callback=_load_plugins,
    help="Code of your own that registers backbones, heads, importers, rules or checks; may be "
    f"repeated.  [env var: {VARIABLE}]",
)
