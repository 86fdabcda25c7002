"""``lusscore train``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

import lusscore as ls
from lusscore.cli.head_settings import HeadsCommand, read_settings
from lusscore.cli.option_groups import write_grouped_options
from lusscore.cli.places import (
    backbone_option,
    cohort_argument,
    data_dir_option,
    features_dir_option,
    results_dir_option,
    weights_dir_option,
)
from lusscore.cli.train_usage import (
    find_run,
    refuse_settings,
    run_backbones,
)
from lusscore.console import note, say

_HEADINGS = {
    "from_run": "By a run of 'lusscore cv'",
    "backbones": "Or by these settings, cross-validated first",
    "name": "The bundle",
    "data_dir": "Places",
}


class _TrainCommand(HeadsCommand):
    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_grouped_options(self, ctx, formatter, _HEADINGS)


@click.command("train", cls=_TrainCommand)
@cohort_argument
@click.option(
    "--from-run",
    metavar="RUN",
    default=None,
    help="A run of this cohort, by name or folder: its model is trained with its settings, and "
    "its held-out predictions calibrate and describe the bundle.",
)
@click.option(
    "--model",
    default=None,
    help="Which model of the run, by name or a part of it.  [default: what it chose inside the "
    "folds, else the recommended head, else its first; without --from-run, the head on all "
    "backbones]",
)
@backbone_option(
    "Feature file to use, of which one head sees all; with --from-run, where an ONNX file of the "
    "run lies.  [default: all that the cohort, or the run, has]"
)
@click.option(
    "--head", default="recommended", show_default=True, help="What is trained, listed below."
)
@click.option(
    "--set",
    "assignments",
    metavar="KEY=VALUE",
    multiple=True,
    help="A setting of the head; repeat it for more.",
)
@click.option(
    "--levels",
    default="embedding",
    show_default=True,
    help="What of a backbone the head sees: embedding, or levels that the cohort's card keeps.",
)
@click.option(
    "--clip-rule", default="majority", show_default=True, help="From frames to a clip's score."
)
@click.option(
    "--zone-rule", default="majority", show_default=True, help="From frames to a zone's score."
)
@click.option(
    "--folds", type=click.IntRange(2), default=5, show_default=True, help="Folds, split by patient."
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Folds and heads."
)
@click.option("--name", default=None, help="Of the bundle.  [default: the cohort's]")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=None,
    help="Folder, or file ending in .zip.  [default: <results-dir>/bundles/<name>]",
)
@click.option(
    "--coverage",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.8,
    show_default=True,
    help="Share of held-out clips that the scorer is to be believed on; less sure ones are marked "
    "for review, and all that are more likely wrong than right.",
)
@click.option(
    "--jobs", type=click.IntRange(1), default=1, show_default=True, help="Heads trained at once."
)
@click.option("--overwrite", is_flag=True, help="Replace the bundle of that name.")
@click.option("--json", "as_json", is_flag=True, help="Print what the bundle is as JSON.")
@data_dir_option
@features_dir_option
@results_dir_option
@weights_dir_option
def command(
    cohort: str,
    from_run: str | None,
    model: str | None,
    backbones: tuple[str, ...],
    head: str,
    assignments: tuple[str, ...],
    levels: str,
    clip_rule: str,
    zone_rule: str,
    folds: int,
    seed: int,
    name: str | None,
    output: Path | None,
    coverage: float,
    jobs: int,
    overwrite: bool,
    as_json: bool,
    data_dir: Path,
    features_dir: Path,
    results_dir: Path,
    weights_dir: Path | None,
) -> None:
    """Train a scorer on all labelled patients of a COHORT and keep it as a bundle.

    The bundle has all that 'lusscore score' and 'lusscore serve' need: heads, networks, settings,
    calibration, and a model card with what cross-validation found. Probabilities are calibrated,
    and the limits for review set, on patients while they were held out. A bundle holds no code,
    and its checksums are verified whenever it is read.
    """
    from lusscore.models import bundle_place

    found = ls.read_cohort(cohort, data_dir=data_dir, check_files=False)
    name = found.name if name is None else name
    output = bundle_place(name, results_dir / "bundles", output, overwrite=overwrite)
    places: dict[str, Any] = {"features_dir": features_dir, "weights_dir": weights_dir}
    if from_run is not None:
        refuse_settings()
        run = ls.read_run(find_run(from_run, found, results_dir))
        features = ls.read_features(found, run_backbones(run, backbones), **places)
    else:
        features = ls.read_features(found, backbones, **places)
        run = ls.cross_validate(
            features,
            read_settings((head,), assignments),
            folds=folds,
            seed=seed,
            combine=("concatenate",) if len(features) > 1 else (),
            levels=(levels,),
            clip_rule=clip_rule,
            zone_rule=zone_rule,
            jobs=jobs,
            results_dir=results_dir,
        )
        # the head on all backbones
        model = model or run.metrics["models"][-1]
    trained = ls.train(
        run,
        model=model,
        features=features,
        name=name,
        output=output,
        coverage=coverage,
        jobs=jobs,
        overwrite=overwrite,
        results_dir=results_dir,
    )
    if run.skipped:
        note(f"Note: {run.skipped} clips have no embeddings; the report of the run lists them.")
    _tell(trained, run, as_json)
    if run.skipped:
        sys.exit(1)


def _tell(trained: ls.Model, run: ls.Run, as_json: bool) -> None:
    from lusscore.models import bundle_facts

    bundle, path = trained.bundle, trained.path
    facts = bundle_facts(bundle) | {
        "path": str(path),
        "run": str(run.folder),
        "model": trained.chosen,
        "verdict": trained.verdict,
    }
    if as_json:
        say(json.dumps(facts, indent=1))
        return
    say(f"Bundle: {path}")
    say(f"Digest: {bundle.digest}")
    say(f"Model: {trained.chosen}")
    say(trained.verdict)
    say(
        f"Marked for review: scores with a probability below {bundle.least_confidence:.2f}, as "
        f"{1 - bundle.coverage:.0%} of held-out clips have"
    )
    say(f"Cross-validation behind it: {run.report}")
    # quoted as shells of all systems understand it
    shown = f'"{path}"' if " " in str(path) else path
    say(f"Score an exam with it: lusscore score EXAM --model {shown}")
