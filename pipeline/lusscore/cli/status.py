"""``lusscore status``."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

import lusscore as ls
from lusscore.cli.places import (
    backbone_option,
    data_dir_option,
    features_dir_option,
    weights_dir_option,
)
from lusscore.console import note, print_table, say


@click.command("status")
@click.argument("cohorts", nargs=-1)
@backbone_option("Tell of this backbone, also if it has no file yet.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@data_dir_option
@features_dir_option
@weights_dir_option
def command(
    cohorts: tuple[str, ...],
    backbones: tuple[str, ...],
    as_json: bool,
    data_dir: Path,
    features_dir: Path,
    weights_dir: Path | None,
) -> None:
    """Show progress and staleness of each feature file, and why it is stale.

    Without COHORTS, of all that have a folder under --data-dir.
    """
    from lusscore.errors import CohortError
    from lusscore.features import cohort_status

    found, broken = [], []
    for name in cohorts or sorted(path.parent.name for path in data_dir.glob("*/cohort.toml")):
        try:
            cohort = ls.read_cohort(name, data_dir=data_dir, check_files=False)
        except CohortError as error:
            if cohorts:
                raise
            broken.append(str(error))
            continue
        found += [
            (name, status)
            for status in cohort_status(cohort, features_dir, backbones, weights_dir=weights_dir)
        ]
    for sentence in broken:
        note(sentence)
    if as_json:
        rows = [
            {"cohort": name, **asdict(status), "path": str(status.path)} for name, status in found
        ]
        say(json.dumps(rows, indent=2))
        sys.exit(1 if broken else 0)
    print_table(
        "Feature files" if found else "No feature files yet; make one with 'lusscore features'",
        ("cohort", "backbone", "state", ">frames", ">clips failed", ">size", "in", "why"),
        [
            (
                name,
                status.backbone,
                status.state,
                f"{status.frames_done}/{status.frames}",
                str(status.clips_failed),
                f"{status.size / 1e6:.1f} MB",
                status.precision,
                "; ".join(status.why),
            )
            for name, status in found
        ],
    )
    for name, status in found:
        for sentence in status.notes:
            note(f"{name}: {sentence}")
    if broken:
        sys.exit(1)
