"""``lusscore features``."""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lusscore.cli.places import (
    backbone_option,
    cohort_argument,
    data_dir_option,
    features_dir_option,
    find_cohort,
    weights_dir_option,
)
from lusscore.console import note, print_table, progress, say

if TYPE_CHECKING:
    from rich.progress import Progress

    from lusscore.features import Forecast, Outcome, Prepared, Watcher


@click.command("features")
@cohort_argument
@backbone_option("Frozen network; see 'lusscore backbones'.  [default: efficientnet_lite0]")
@click.option("--engine", default="openvino", show_default=True, help="openvino or keras.")
@click.option("--device", default=None, help="The engine's device, e.g. CPU or GPU.")
@click.option("--threads", type=click.IntRange(1), help="CPU threads.  [default: all cores]")
@click.option(
    "--precision", default="f32", show_default=True, metavar="FORMAT",
    help="Arithmetic of the networks: f32, or bf16 or f16 where the hardware has it, which is "
    "faster and changes embeddings.",
)  # fmt: skip
@click.option(
    "--batch", type=click.IntRange(1), default=16, show_default=True, help="Images at once."
)
@click.option(
    "--workers", type=click.IntRange(1), default=1, show_default=True,
    help="Processes that compute clips.",
)  # fmt: skip
@click.option(
    "--scheduler", default=None, metavar="ADDRESS",
    help="Compute on a Dask cluster, e.g. tcp://10.0.0.5:8786, whose workers see the clips.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Tell what would be computed; compute nothing.")
@click.option("--strict", is_flag=True, help="Stop at the first clip that fails.")
@click.option("--wait", is_flag=True, help="Wait while another process writes the same file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@data_dir_option
@features_dir_option
@weights_dir_option
def command(
    cohort: str,
    backbones: tuple[str, ...],
    engine: str,
    device: str | None,
    threads: int | None,
    precision: str,
    batch: int,
    workers: int,
    scheduler: str | None,
    dry_run: bool,
    strict: bool,
    wait: bool,
    as_json: bool,
    data_dir: Path,
    features_dir: Path,
    weights_dir: Path | None,
) -> None:
    """Compute the embeddings of a COHORT: every frame and variant once through each backbone.

    Only what is missing is computed. Which frames and variants are used is told by the
    [extraction] table of the cohort's card; of the options here only --precision changes an
    embedding, and is part of the file's fingerprint. Several backbones share one decoding of
    each clip. Clips that fail are passed over and listed, and the exit code is then 1.
    """
    from lusscore.backbones import DEFAULT_BACKBONE, check_precision, get_backbone
    from lusscore.features import EngineChoice, RunChoice, extract_features, forecast_features

    specs = [get_backbone(name) for name in dict.fromkeys(backbones or (DEFAULT_BACKBONE,))]
    choice = EngineChoice(
        engine, device, threads, features_dir / ".networks", check_precision(precision)
    )
    found = find_cohort(cohort, data_dir)
    with progress() as bars, _stop_on_ctrl_c() as stop:
        watcher = _watch(bars, stop)
        if dry_run:
            forecasts = forecast_features(
                found,
                specs,
                features_dir,
                weights_dir=weights_dir,
                engine=choice,
                workers=workers,
                watcher=watcher,
            )
        else:
            outcomes = extract_features(
                found,
                specs,
                features_dir,
                weights_dir=weights_dir,
                engine=choice,
                run=RunChoice(batch, workers, scheduler, wait, strict),
                watcher=watcher,
            )
    if dry_run:
        _tell_forecasts(forecasts, as_json)
        return
    _tell_outcomes(outcomes, as_json)
    if not all(outcome.finished for outcome in outcomes):
        note(f"Stopped; what was computed is kept. To go on: lusscore features {cohort}")
        sys.exit(130)
    if any(outcome.failed for outcome in outcomes):
        sys.exit(1)


def _watch(bars: Progress, stop: threading.Event) -> Watcher:
    """Drive the progress bars."""
    from lusscore.features import Watcher

    looking = bars.add_task("Looking at clips", total=None, unit="clips")
    tasks = {}

    def prepared(backbone: str, file: Prepared, frames: int) -> None:
        if file.set_aside is not None:
            note(
                f"{backbone}: settings changed ({'; '.join(file.changes)}); the earlier file "
                f"is kept as {file.set_aside}."
            )
        tasks[backbone] = bars.add_task(backbone, total=frames, unit="frames")

    return Watcher(
        media=lambda done, total: bars.update(looking, completed=done, total=total),
        prepared=prepared,
        waiting=note,
        frames=lambda backbone, frames: bars.advance(tasks[backbone], frames),
        stop=stop,
    )


@contextmanager
def _stop_on_ctrl_c() -> Iterator[threading.Event]:
    """Turn the first Ctrl-C into a request to stop; a second one interrupts."""
    stop = threading.Event()

    def request(number: int, frame: object) -> None:
        stop.set()
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, request)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def _tell_outcomes(outcomes: Sequence[Outcome], as_json: bool) -> None:
    """Say per backbone what was computed and where it is; then list clips that failed."""
    if as_json:
        rows = [
            asdict(outcome)
            | {
                "path": str(outcome.path),
                "images_per_s": outcome.images / outcome.seconds if outcome.images else None,
            }
            for outcome in outcomes
        ]
        say(json.dumps(rows, indent=2))
        return
    for outcome in outcomes:
        idle = "nothing to compute" if outcome.finished else "no frame computed yet"
        what = f"{outcome.frames} frames computed" if outcome.frames else idle
        size = outcome.path.stat().st_size / 1e6
        say(f"{outcome.backbone}: {what}, {outcome.path} ({size:.1f} MB)")
    failed = {clip: error for outcome in outcomes for clip, error in outcome.failed.items()}
    if failed:
        print_table(
            f"{len(failed)} clips have no embeddings", ("clip", "why"), sorted(failed.items())
        )


def _tell_forecasts(forecasts: Sequence[Forecast], as_json: bool) -> None:
    """Say per backbone what would be done."""
    if as_json:
        rows = [asdict(forecast) | {"path": str(forecast.path)} for forecast in forecasts]
        say(json.dumps(rows, indent=2))
        return
    print_table(
        "Nothing was computed; without --dry-run there would be",
        ("backbone", ">clips", ">frames", ">images", ">clips kept", ">time", "by", ">file size"),
        [
            (
                forecast.backbone,
                str(forecast.clips),
                str(forecast.frames),
                str(forecast.images),
                str(forecast.kept),
                "unknown" if forecast.seconds is None else _duration(forecast.seconds),
                forecast.basis,
                f"{forecast.size / 1e6:.1f} MB",
            )
            for forecast in forecasts
        ],
    )
    for forecast in forecasts:
        if forecast.changes:
            note(
                f"{forecast.backbone}: settings changed ({'; '.join(forecast.changes)}); "
                f"{forecast.path} would be kept aside."
            )
        if not forecast.fits:
            note(f"{forecast.backbone}: {forecast.path} does not fit on the disk; free space.")
    unreadable = max((forecast.unreadable for forecast in forecasts), default=0)
    if unreadable:
        note(f"{unreadable} clips cannot be read and would be passed over.")


def _duration(seconds: float) -> str:
    """Write a duration as people say it: ``40 s``, ``12 min``, ``3.5 h``."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 100 * 60 else f"{seconds / 3600:.1f} h"
