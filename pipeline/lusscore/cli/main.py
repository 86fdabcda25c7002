"""The ``lusscore`` command and how its errors end."""

from __future__ import annotations

import importlib

import click

from lusscore import __version__
from lusscore.cli.places import PLUGIN_OPTION
from lusscore.errors import LusscoreError

# Command → (module, one line for the list). A module is imported when its command is used.
_COMMANDS = {
    "phantom": ("phantom", "Make a synthetic cohort with known scores."),
    "import": ("import_", "Bring a labelled data set in as a cohort."),
    "check": ("check", "Validate a cohort and tell what is in it."),
    "features": ("features", "Stage one: compute embeddings, once per frame."),
    "cv": ("cv", "Stage two: cross-validate a head by patient and report."),
    "report": ("report", "Make a run's report again from its files."),
    "train": ("train", "Train a scorer on all patients and keep it as a bundle."),
    "score": ("score", "Score an exam: zones, global score, evidence and doubt."),
    "serve": ("serve", "Score exams and label clips on a local web page."),
    "suggest": ("suggest", "List the unlabelled clips whose labels would help most."),
    "status": ("status", "Tell how far and how fresh feature files are."),
    "verify": ("verify", "Read every byte again and repair what is damaged."),
    "forget": ("forget", "Delete all that is kept of patients."),
    "backbones": ("backbones", "List frozen networks and where their weights are."),
    "completion": ("completion", "Print the shell's completion script."),
}
# none of these meets anything that a plug-in could bring
_WITHOUT_PLUGINS = {"phantom", "completion"}


class _Commands(click.Group):
    """A group that imports a command only when it is used, and ends errors in a sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, _ = _COMMANDS[cmd_name]
        command: click.Command = importlib.import_module(f"lusscore.cli.{module}").command
        if cmd_name not in _WITHOUT_PLUGINS and PLUGIN_OPTION not in command.params:
            command.params.append(PLUGIN_OPTION)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, told) for name, (_, told) in _COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except LusscoreError as error:
            raise _Refusal(str(error)) from None
        except OSError as error:
            if error.filename is None:
                raise
            raise _Refusal(
                f"{error.filename}: {error.strerror}; check the disk and your permissions."
            ) from None
        except KeyboardInterrupt:
            click.echo("Stopped.", err=True)
            ctx.exit(130)


class _Refusal(click.ClickException):
    """A command that could not run, told in a sentence."""

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
