"""``lusscore features``."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
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
    from lusscore.features import Outcome, Prepared


@click.command("features")
@cohort_argument
@backbone_option("Frozen network; see 'lusscore backbones'.  [default: efficientnet_lite0]")
@click.option("--engine", default="openvino", show_default=True, help="openvino or keras.")
@click.option("--device", default=None, help="The engine's device, e.g. CPU or GPU.")
@click.option("--threads", type=int, default=None, help="CPU threads.  [default: all cores]")
@click.option(
    "--batch", type=click.IntRange(1), default=16, show_default=True, help="Images at once."
)
@data_dir_option
@features_dir_option
@weights_dir_option
def command(
    cohort: str,
    backbones: tuple[str, ...],
    engine: str,
    device: str | None,
    threads: int | None,
    batch: int,
    data_dir: Path,
    features_dir: Path,
    weights_dir: Path | None,
) -> None:
    """Compute the embeddings of a COHORT: every frame and variant once through each backbone.

    Only what is missing is computed. Which frames and variants are used is told by the
    [extraction] table of the cohort's card; nothing given here changes an embedding. Clips that
    fail are passed over and listed, and the exit code is then 1.
    """
    from lusscore.backbones import DEFAULT_BACKBONE, get_backbone
    from lusscore.features import EngineChoice, RunChoice, Watcher, extract_features

    specs = [get_backbone(name) for name in dict.fromkeys(backbones or (DEFAULT_BACKBONE,))]
    found = find_cohort(cohort, data_dir)
    with progress() as bars, _stop_on_ctrl_c() as stop:
        looking = bars.add_task("Looking at clips", total=None, unit="clips")
        tasks = {}

        def prepared(backbone: str, file: Prepared, frames: int) -> None:
            if file.set_aside is not None:
                bars.console.print(
                    f"{backbone}: settings changed ({'; '.join(file.changes)}); the earlier file "
                    f"is kept as {file.set_aside}."
                )
            tasks[backbone] = bars.add_task(backbone, total=frames, unit="frames")

        outcomes = extract_features(
            found,
            specs,
            features_dir,
            weights_dir=weights_dir,
            engine=EngineChoice(engine, device, threads, features_dir / ".networks"),
            watcher=Watcher(
                media=lambda done, total: bars.update(looking, completed=done, total=total),
                prepared=prepared,
                frames=lambda backbone, frames: bars.advance(tasks[backbone], frames),
                stop=stop,
            ),
            run=RunChoice(images_per_batch=batch),
        )
    _tell(outcomes)
    if not all(outcome.finished for outcome in outcomes):
        note(f"Stopped; what was computed is kept. To go on: lusscore features {cohort}")
        sys.exit(130)
    if any(outcome.failed for outcome in outcomes):
        sys.exit(1)


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


def _tell(outcomes: list[Outcome]) -> None:
    """Say per backbone what was computed and where it is; then list clips that failed."""
    for outcome in outcomes:
        what = f"{outcome.frames} frames computed" if outcome.frames else "nothing to compute"
        size = outcome.path.stat().st_size / 1e6
        say(f"{outcome.backbone}: {what}, {outcome.path} ({size:.1f} MB)")
    failed = {clip: error for outcome in outcomes for clip, error in outcome.failed.items()}
    if failed:
        print_table(
            f"{len(failed)} clips have no embeddings", ("clip", "why"), sorted(failed.items())
        )
