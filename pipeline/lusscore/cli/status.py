"""``lusscore status``."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

import lusscore as ls
from lusscore.cli import options
from lusscore.console import note, print_table, say
from lusscore.errors import CohortError


@click.command("status")
@options.cohorts
@options.backbone("Only this backbone, even if it has no file yet; may be repeated.")
@options.as_json
@options.data_dir
@options.features_dir
@options.weights_dir
def command(
    cohorts: tuple[str, ...],
    backbones: tuple[str, ...],
    as_json: bool,
    data_dir: Path,
    features_dir: Path,
    weights_dir: Path | None,
) -> None:
    """Show progress and staleness of feature files, and why one is stale.

    Without COHORTS, of all that have a folder under --data-dir.
    """
    found, broken = [], []
    for name in cohorts or options.cohort_names(data_dir):
        try:
            found.append((name, ls.read_cohort(name, data_dir=data_dir, check_files=False)))
        except CohortError as error:
            if cohorts:
                raise
            broken.append(str(error))
    for sentence in broken:
        note(sentence)

    from lusscore.features import cohort_status

    files = [
        (name, status)
        for name, cohort in found
        for status in cohort_status(cohort, features_dir, backbones, weights_dir=weights_dir)
    ]
    if as_json:
        rows = [{"cohort": name, **asdict(one), "path": str(one.path)} for name, one in files]
        say(json.dumps(rows, indent=2))
    elif not files:
        say("No feature files yet; make one with 'lusscore features'.")
    else:
        print_table(
            "Feature files",
            ("cohort", "backbone", "state", ">frames", ">failed clips", ">size", "type", "why"),
            [
                (
                    name,
                    one.backbone,
                    one.state,
                    f"{one.frames_done}/{one.frames}",
                    str(one.clips_failed),
                    f"{one.size / 1e6:.1f} MB",
                    one.precision,
                    "; ".join(one.why),
                )
                for name, one in files
            ],
        )
        for name, one in files:
            for sentence in one.notes:
                note(f"{name}: {sentence}")
    sys.exit(1 if broken else 0)
