"""``lusscore report``."""

from __future__ import annotations

from pathlib import Path

import click

from lusscore.cli import options
from lusscore.console import say


@click.command("report")
@click.argument("run", type=click.Path(exists=True, file_okay=False, path_type=Path))
@options.open_report
def command(run: Path, open_report: bool) -> None:
    """Make the report of a RUN again from its files.

    RUN is a folder that 'lusscore cv' wrote: results/<cohort>/<run>. Nothing is trained or
    measured; figures and report.html are written anew. The report is one file that needs no
    network: copy it, send it, print it.
    """
    from lusscore.report import write_report

    path = write_report(run)
    say(str(path))
    if open_report:
        click.launch(path.resolve().as_uri())
