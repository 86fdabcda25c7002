"""The ``lusscore`` command and how its errors end."""

from __future__ import annotations

import difflib
import importlib

import click

from lusscore import __version__
from lusscore.cli import options
from lusscore.errors import LusscoreError

# Command → one line for the list. Its module is imported when it is used.
_COMMANDS = {
    "phantom": "Make a synthetic cohort with known scores.",
    "import": "Import a labelled data set as a cohort.",
    "check": "Validate a cohort and describe it.",
    "features": "Stage one: compute embeddings, once per frame.",
    "cv": "Stage two: cross-validate heads by patient and report.",
    "report": "Make a run's report again from its files.",
    "train": "Train a model on all patients and keep it as a bundle.",
    "score": "Score an exam: zones, global score, evidence and uncertainty.",
    "serve": "Score exams and label clips on a local web page.",
    "suggest": "List the unlabelled clips whose labels would help most.",
    "status": "Show progress and staleness of feature files.",
    "verify": "Read every byte again and repair what is damaged.",
    "forget": "Delete what is stored of patients.",
    "backbones": "List frozen networks and where their weights are.",
    "completion": "Print the shell's completion script.",
}
# none of these uses anything that a plug-in could register
_WITHOUT_PLUGINS = {"phantom", "completion"}


class _Commands(click.Group):
    """A group that imports a command only when it is used, and ends errors in a sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = "import_" if cmd_name == "import" else cmd_name
        command: click.Command = importlib.import_module(f"lusscore.cli.{module}").command
        if cmd_name not in _WITHOUT_PLUGINS and options.PLUGIN_OPTION not in command.params:
            command.params.append(options.PLUGIN_OPTION)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        near = difflib.get_close_matches(args[0], _COMMANDS, 1)
        if args[0] not in _COMMANDS and near:
            ctx.fail(f"No such command {args[0]!r}. Did you mean {near[0]!r}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except LusscoreError as error:
            raise _CouldNotRun(str(error)) from None
        except OSError as error:
            if error.filename is None:
                raise
            raise _CouldNotRun(
                f"{error.filename}: {error.strerror}; check the disk and your permissions."
            ) from None
        except KeyboardInterrupt:
            click.echo("Stopped.", err=True)
            ctx.exit(130)


class _CouldNotRun(click.ClickException):
    exit_code = 2


@click.command(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 all done; 1 done, but some clips were skipped and listed; "
    "2 the command could not run; 130 stopped by Ctrl-C.",
)
@click.version_option(__version__, prog_name="lusscore")
def main() -> None:
    """Score the severity of COVID-19 pneumonia from lung ultrasound (0–3 per frame and zone).

    \b
    A first session:
      lusscore phantom                   a synthetic cohort in data/phantom
      lusscore features phantom          embeddings in features/phantom
      lusscore cv phantom --open         folds by patient, heads, report

    With your own recordings, begin with 'lusscore import'. Research use only.
    """
