"""``lusscore verify``."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lusscore.cli.places import (
    backbone_option,
    data_dir_option,
    features_dir_option,
    find_cohort,
    weights_dir_option,
)
from lusscore.console import note, print_table, progress, say

if TYPE_CHECKING:
    from rich.progress import Progress

    from lusscore.backbones import BackboneSpec
    from lusscore.features import FileReport, Prepared, Repair, VerifyWatcher, Watcher


@click.command("verify")
@click.argument("cohorts", nargs=-1)
@backbone_option("Verify files of this backbone only; to repair that of an ONNX file, its path.")
@click.option(
    "--repair", is_flag=True,
    help="Save what is sound, keep damaged files in aside/, and compute what was lost.",
)  # fmt: skip
@click.option("--engine", default="openvino", show_default=True, help="openvino or keras.")
@click.option("--device", default=None, help="The engine's device, e.g. CPU or GPU.")
@click.option("--threads", type=click.IntRange(1), help="CPU threads.  [default: all cores]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@data_dir_option
@features_dir_option
@weights_dir_option
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
    """Read all feature files of COHORTS and all their clips, and compare every checksum.

    Without COHORTS, of all that have a folder under --data-dir. Finds what is damaged or cut
    short, and clips that changed on disk or are gone, also where size and time are the same.
    Clips that are not computed yet are no damage.

    With --repair, embeddings that fit their checksum are kept and only what was lost is
    computed; it can be stopped at any moment and run again. Nothing is deleted: a damaged file
    is moved to aside/. The exit code is 0 if nothing is wrong, or all was repaired, and else 1.
    """
    from lusscore.features import repair_cohort, verify_cohort

    names = cohorts or sorted(path.parent.name for path in data_dir.glob("*/cohort.toml"))
    found = [find_cohort(name, data_dir, check_files=False) for name in names]
    specs = _specs(backbones)
    choice = _choice(specs, engine, device, threads, features_dir, weights_dir)
    wanted = tuple(specs)
    reports: list[FileReport] = []
    repairs: list[Repair] = []
    try:
        for cohort in found:
            with progress() as bars:
                if repair:
                    repairs += repair_cohort(
                        cohort,
                        features_dir,
                        wanted,
                        choice=choice,
                        verifying=_watch(bars, cohort.name),
                        watcher=_watch_computing(bars),
                    )
                else:
                    reports += verify_cohort(
                        cohort, features_dir, wanted, watcher=_watch(bars, cohort.name)
                    )
    except KeyboardInterrupt:
        note("Stopped; nothing is lost. To go on, run the same command again.")
        sys.exit(130)
    if repair:
        _tell_repairs(repairs, as_json)
        sys.exit(0 if all(one.mended for one in repairs) else 1)
    _tell_reports(reports, as_json)
    sys.exit(1 if any(report.findings for report in reports) else 0)


def _specs(backbones: Sequence[str]) -> dict[str, BackboneSpec | None]:
    """Find each backbone a user names: its name as files have it, and how it is computed.

    An ONNX backbone may be named without its file, of which only repairing needs to know.
    """
    from lusscore.backbones import get_backbone
    from lusscore.errors import BackboneError

    specs: dict[str, BackboneSpec | None] = {}
    for name in backbones:
        try:
            spec = get_backbone(name)
        except BackboneError:
            if name.lower().endswith(".onnx"):
                raise
            specs[name] = None
        else:
            specs[spec.name] = spec
    return specs
