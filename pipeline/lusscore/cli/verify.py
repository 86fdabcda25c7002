"""``lusscore verify``."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

import lusscore as ls
from lusscore.cli import options
from lusscore.console import note, print_table, progress, say, stop_on_ctrl_c

if TYPE_CHECKING:
    from rich.progress import TaskID

    from lusscore.features import FileReport


@click.command("verify")
@options.cohorts
@options.backbone("Only this backbone; may be repeated.")
@click.option("--repair", is_flag=True, help="Delete damaged parts and compute what was lost.")
@options.engine
@options.as_json
@options.data_dir
@options.features_dir
@options.weights_dir
def command(
    cohorts: tuple[str, ...],
    backbones: tuple[str, ...],
    repair: bool,
    engine: str,
    device: str | None,
    threads: int | None,
    as_json: bool,
    data_dir: Path,
    features_dir: Path,
    weights_dir: Path | None,
) -> None:
    """Read all embeddings and clips of COHORTS again, and compare every digest.

    Without COHORTS, of all that have a folder under --data-dir. Finds what is damaged or cut
    short in feature files and in the cache, and clips that changed on disk or are gone, even
    where size and time are the same. Clips that are not computed yet are no damage.

    With --repair, only what was lost is computed; it can be stopped at any moment and run again.
    The exit code is 0 if nothing is wrong, or all was repaired, and else 1.
    """
    names = cohorts or options.cohort_names(data_dir)
    found = [ls.read_cohort(name, data_dir=data_dir, check_files=False) for name in names]

    from lusscore.features import (
        Callbacks,
        EngineChoice,
        find_backbone,
        repair_cohort,
        verify_cohort,
    )

    wanted = [find_backbone(name, features_dir, found).name for name in backbones]
    choice = EngineChoice(engine, device, threads, features_dir / ".networks")
    mend = partial(repair_cohort, weights_dir=weights_dir, engine=choice)
    look = mend if repair else verify_cohort
    reports: list[FileReport] = []
    with progress() as bars, stop_on_ctrl_c() as stop:
        for cohort in found:
            looking = f"{cohort.name}: reading clips"
            callbacks = Callbacks.on_bars(bars, looking, note, stop)
            files = bars.add_task(f"{cohort.name}: reading embeddings", total=None, unit="MB")

            def read(done: int, total: int, files: TaskID = files) -> None:
                bars.update(files, completed=done / 1e6, total=total / 1e6)

            reports += look(cohort, features_dir, wanted, callbacks=callbacks, progress=read)
            if stop.is_set():
                break
    _report(reports, repair, as_json)
    if stop.is_set():
        note("Stopped; nothing is lost. To go on, run the same command again.")
        sys.exit(130)
    wrong = [one for one in reports if (one.left if repair else one.findings)]
    sys.exit(1 if wrong else 0)


def _report(reports: Sequence[FileReport], repair: bool, as_json: bool) -> None:
    """Say of each file that it is fine; then list what is, or was, wrong with the others."""
    if as_json:
        say(json.dumps([asdict(report) for report in reports], indent=2, default=str))
        return
    if not reports:
        say("No feature files yet; make one with 'lusscore features'.")
    for report in (one for one in reports if not one.findings):
        unlisted = f"; {report.unlisted} clips no longer in the manifest" * bool(report.unlisted)
        say(
            f"{report.cohort}/{report.backbone}: sound: {report.parts} parts and the feature file, "
            f"{report.size / 1e6:.1f} MB checked{unlisted}"
        )
    rows = [
        (report.cohort, report.backbone, finding.clip or "the file", finding.what)
        for report in reports
        for finding in report.findings
    ]
    if not rows:
        return
    title = "What was wrong" if repair else f"{len(rows)} findings"
    print_table(title, ("cohort", "backbone", "clip", "what is wrong"), rows)
    if not repair:
        note("To repair what can be repaired: lusscore verify --repair")
        return
    for report in (one for one in reports if one.findings):
        state = f"not all repaired: {report.left}" if report.left else "repaired"
        say(f"{report.cohort}/{report.backbone}: {report.computed} clips computed; {state}")
