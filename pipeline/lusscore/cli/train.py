"""``lusscore train``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lusscore.cli.cv_before_training import (
    cross_validate_first,
    plan_experiment,
    trained_model,
)
from lusscore.cli.head_settings import HeadsCommand
from lusscore.cli.option_groups import write_grouped_options
from lusscore.cli.places import (
    backbone_option,
    cohort_argument,
    data_dir_option,
    features_dir_option,
    find_cohort,
    results_dir_option,
    weights_dir_option,
)
from lusscore.cli.train_usage import (
    check_bundle_name,
    find_run,
    refuse_settings,
    run_backbones,
)
from lusscore.console import counter, note, say
from lusscore.errors import BundleError

if TYPE_CHECKING:
    from lusscore.bundle.bundle import Bundle
    from lusscore.training.recorded_run import RecordedRun

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
    "folds, else its first; without --from-run, the head on all backbones]",
)
@backbone_option(
    "Feature file to use, of which one head sees all; with --from-run, where an ONNX file of the "
    "run lies.  [default: all that the cohort, or the run, has]"
)
@click.option("--head", default="softmax", show_default=True, help="What is trained, listed below.")
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
    from lusscore.bundle.write import write_bundle
    from lusscore.training.recorded_run import read_recorded_run
    from lusscore.training.train import train_bundle

    found = find_cohort(cohort, data_dir, check_files=False)
    title = check_bundle_name(found.name if name is None else name)
    path = output or results_dir / "bundles" / title
    if path.exists() and not overwrite:
        raise BundleError(
            f"{path} exists; choose another --name or --output, or replace it by --overwrite."
        )
    if from_run is not None:
        refuse_settings()
        folder = find_run(from_run, found, results_dir)
    else:
        experiment = plan_experiment(
            found,
            features_dir,
            backbones=backbones,
            head=head,
            assignments=assignments,
            levels=levels,
            rules=(clip_rule, zone_rule),
            folds=folds,
            seed=seed,
        )
        folder = cross_validate_first(experiment, features_dir, results_dir, jobs, weights_dir)
        model = model or trained_model(experiment)
    run = read_recorded_run(folder, model)
    with counter("Training heads", "heads") as update:
        bundle = train_bundle(
            found,
            run_backbones(run.config, backbones, features_dir, found),
            features_dir,
            run,
            name=title,
            coverage=coverage,
            weights_dir=weights_dir,
            cache=features_dir / ".networks",
            jobs=jobs,
            progress=update,
        )
    written = write_bundle(bundle, path, overwrite=overwrite)
    skipped = len(run.config["cohort"].get("skipped_clips", []))
    if skipped:
        note(f"Note: {skipped} clips have no embeddings; the report of the run lists them.")
    _tell(written, path, run, as_json)
    if skipped:
        sys.exit(1)


def _tell(bundle: Bundle, path: Path, run: RecordedRun, as_json: bool) -> None:
    from lusscore.bundle.facts import bundle_facts

    facts = bundle_facts(bundle) | {"path": str(path), "run": str(run.folder), "model": run.model}
    if as_json:
        say(json.dumps(facts, indent=1))
        return
    say(f"Bundle: {path}")
    say(f"Digest: {bundle.digest}")
    say(f"Model: {run.model}")
    say(
        f"Marked for review: scores with a probability below {bundle.least_confidence:.2f}, as "
        f"{1 - bundle.coverage:.0%} of held-out clips have"
    )
    say(f"Cross-validation behind it: {run.folder / 'report.html'}")
    # quoted as shells of all systems understand it
    shown = f'"{path}"' if " " in str(path) else path
    say(f"Score an exam with it: lusscore score EXAM --model {shown}")
