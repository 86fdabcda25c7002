"""``lusscore features``."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import lusscore as ls
from lusscore.cli import options
from lusscore.console import note, print_table, progress, say, stop_on_ctrl_c

if TYPE_CHECKING:
    from lusscore.features import Forecast, Outcome


_HEADINGS = {
    "backbones": "What is computed",
    "engine": "By what it is computed",
    "prune": "Deleting from the cache",
    "data_dir": "Folders",
}


@click.command("features", cls=options.GroupedCommand, headings=_HEADINGS)
@options.optional_cohort
@options.backbone(
    "Frozen network, see 'lusscore backbones'; may be repeated.  [default: efficientnet_lite0]"
)
@click.option(
    "--dry-run", is_flag=True,
    help="Say what would be computed, or pruned, with time and disk; change nothing.",
)  # fmt: skip
@options.max_megapixels
@click.option("--strict", is_flag=True, help="Stop at the first clip that fails.")
@options.as_json
@options.engine
@click.option(
    "--precision", default="f32", show_default=True, metavar="FORMAT",
    help="Arithmetic: f32, or bf16 or f16 where the hardware has it, which is faster and changes "
    "embeddings.",
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
@click.option(
    "--part", default=None, metavar="K/N", callback=lambda ctx, param, text: _parse_part(text),
    help="Compute only the K-th of N parts of the clips, as one of N jobs that share the "
    "features folder; a run without it then packs the feature file.  [default: by "
    "SLURM_ARRAY_TASK_ID and SLURM_ARRAY_TASK_COUNT]",
)  # fmt: skip
@click.option(
    "--prune", is_flag=True,
    help="Instead, list and delete parts of the cache that no feature file of any cohort names; "
    "none younger than a week.",
)  # fmt: skip
@click.option(
    "--packed", is_flag=True,
    help="With --prune, delete parts that are packed into feature files, too.",
)  # fmt: skip
@options.data_dir
@options.features_dir
@options.weights_dir
def command(
    cohort: str | None,
    backbones: tuple[str, ...],
    part: tuple[int, int] | None,
    dry_run: bool,
    prune: bool,
    packed: bool,
    as_json: bool,
    data_dir: Path,
    features_dir: Path,
    **settings: Any,
) -> None:
    """Compute the embeddings of a COHORT: every frame and variant once through each backbone.

    Only what the cache lacks is computed; then each backbone's feature file is packed from the
    cache. The [extraction] table of the cohort's card says which frames and variants are used; of
    the options here only --precision changes an embedding. Several backbones share one decoding
    of each clip. Clips that fail are skipped and listed, and the exit code is then 1.
    """
    if prune or packed or cohort is None:
        if cohort is not None or not prune:
            raise click.UsageError(
                "Name a COHORT to compute, or else --prune, with or without --packed."
            )
        _prune(features_dir, packed, dry_run, as_json)
        return
    found = ls.read_cohort(cohort, data_dir=data_dir)

    from lusscore.api import Stopped
    from lusscore.backbones import DEFAULT_BACKBONE

    backbones = tuple(dict.fromkeys(backbones)) or (DEFAULT_BACKBONE,)
    if dry_run:
        _report_forecasts(_forecast(found, backbones, features_dir, settings), as_json)
        return
    try:
        features = ls.extract_features(
            found, backbones, part=part, features_dir=features_dir, **settings
        )
    except Stopped as stopped:
        _report([one.outcome for one in stopped.features if one.outcome], part, as_json)
        note(f"Stopped; what was computed is kept. To go on: lusscore features {cohort}")
        sys.exit(130)
    outcomes = [one.outcome for one in features if one.outcome]
    _report(outcomes, part, as_json)
    if any(outcome.failed for outcome in outcomes):
        sys.exit(1)


def _parse_part(text: str | None) -> tuple[int, int] | None:
    """Read ``--part``; by default the task of a Slurm array job, which may begin at any number."""
    if text is None:
        count = int(os.environ.get("SLURM_ARRAY_TASK_COUNT") or 1)
        if count < 2:
            return None
        task, first, step = (
            int(os.environ.get(f"SLURM_ARRAY_TASK_{name}") or value)
            for name, value in (("ID", 0), ("MIN", 0), ("STEP", 1))
        )
        part = (task - first) // step + 1
        if part > count:
            raise click.BadParameter(
                "the tasks of this Slurm array are not numbered evenly; say with --part K/N which "
                "part each computes."
            )
        return part, count
    number, _, parts = text.partition("/")
    if not (number.isdecimal() and parts.isdecimal() and 1 <= int(number) <= int(parts)):
        raise click.BadParameter(f"{text!r} is not K/N, such as 3/10: the third of ten parts.")
    return None if text == "1/1" else (int(number), int(parts))


def _report(outcomes: Sequence[Outcome], part: tuple[int, int] | None, as_json: bool) -> None:
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
        where = ""
        if part is not None:
            where = f"; this was part {part[0]} of {part[1]}; a run without --part packs them"
        elif outcome.finished:
            size = outcome.path.stat().st_size / 1e6
            packed = "written" if outcome.packed else "up to date"
            where = f"; {outcome.path} is {packed} ({size:.1f} MB)"
        say(f"{outcome.backbone}: {what}{where}")
    away = {clip for outcome in outcomes for clip in outcome.away}
    if away:
        note(f"{len(away)} clips cannot be opened now; their embeddings are kept.")
    failed = {clip: error for outcome in outcomes for clip, error in outcome.failed.items()}
    if failed:
        print_table(
            f"{len(failed)} clips have no embeddings", ("clip", "why"), sorted(failed.items())
        )


def _forecast(
    cohort: ls.Cohort, backbones: Sequence[str], features_dir: Path, settings: Mapping[str, Any]
) -> Sequence[Forecast]:
    """Look at what would be done, and compute nothing."""
    from lusscore.backbones import EngineChoice, check_precision
    from lusscore.features import Callbacks, find_backbone, forecast_features

    specs = [find_backbone(name, features_dir, (cohort,)) for name in backbones]
    engine = EngineChoice(
        settings["engine"],
        settings["device"],
        settings["threads"],
        features_dir / ".networks",
        check_precision(settings["precision"]),
    )
    with progress() as bars, stop_on_ctrl_c() as stop:
        return forecast_features(
            cohort,
            specs,
            features_dir,
            weights_dir=settings["weights_dir"],
            engine=engine,
            workers=settings["workers"],
            callbacks=Callbacks.on_bars(bars, "Looking at clips", note, stop),
        )


def _report_forecasts(forecasts: Sequence[Forecast], as_json: bool) -> None:
    """Say per backbone what would be done."""
    if as_json:
        rows = [asdict(forecast) | {"path": str(forecast.path)} for forecast in forecasts]
        say(json.dumps(rows, indent=2))
        return
    print_table(
        "Nothing was computed; without --dry-run there would be",
        (
            "backbone",
            ">clips",
            ">frames",
            ">images",
            ">clips cached",
            ">time",
            "by",
            ">parts",
            ">file",
        ),
        [
            (
                forecast.backbone,
                str(forecast.clips),
                str(forecast.frames),
                str(forecast.images),
                str(forecast.kept),
                "unknown" if forecast.seconds is None else _duration(forecast.seconds),
                forecast.basis,
                f"{forecast.parts_size / 1e6:.1f} MB",
                f"{forecast.size / 1e6:.1f} MB",
            )
            for forecast in forecasts
        ],
    )
    for forecast in forecasts:
        if forecast.changes:
            note(
                f"{forecast.backbone}: settings changed ({'; '.join(forecast.changes)}); "
                f"{forecast.path} would be packed anew."
            )
        if not forecast.fits:
            note(f"{forecast.backbone}: the disk is too small for it; free space.")
    unreadable = max((forecast.unreadable for forecast in forecasts), default=0)
    if unreadable:
        note(f"{unreadable} clips cannot be read and would be skipped.")


def _prune(features_dir: Path, packed: bool, dry_run: bool, as_json: bool) -> None:
    """List the parts that nothing needs, then delete them."""
    from lusscore.features import find_unneeded, prune

    found = find_unneeded(features_dir, packed=packed)
    rows = [(one.folder.name, len(one.parts), one.size) for one in found]
    if as_json:
        keys = ("recipe", "parts", "size")
        document = [dict(zip(keys, row, strict=True)) for row in rows]
        say(json.dumps({"dry_run": dry_run, "pruned": document}, indent=2))
    elif rows:
        print_table(
            "Would be deleted" if dry_run else "Deleted",
            ("recipe", ">parts", ">size"),
            [(name, str(parts), f"{size / 1e6:.1f} MB") for name, parts, size in rows],
        )
    else:
        say("Nothing to prune.")
    if not dry_run:
        prune(found)


def _duration(seconds: float) -> str:
    """Write a duration as people say it: ``40 s``, ``12 min``, ``3.5 h``."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
