"""``lusscore train``."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lusscore.cli.computed_backbones import computed_backbones
from lusscore.cli.head_settings import HeadsCommand, choose_heads
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
from lusscore.console import counter, note, say
from lusscore.errors import BundleError

if TYPE_CHECKING:
    from lusscore.backbones import BackboneSpec
    from lusscore.bundle.bundle import Bundle
    from lusscore.cohort import Cohort

_HEADINGS = {
    "from_run": "By a run of 'lusscore cv'",
    "backbones": "Or by these settings, cross-validated first",
    "name": "The bundle",
    "data_dir": "Places",
}
_OF_RUN = ("backbones", "head", "assignments", "levels", "clip_rule", "zone_rule", "folds", "seed")


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
    "folds, else its first]",
)
@backbone_option("Feature file to use.  [default: all that the cohort has]")
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
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
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
    from lusscore.evaluation.run import check_run_name
    from lusscore.training.recorded_run import read_recorded_run
    from lusscore.training.train import train_bundle

    found = find_cohort(cohort, data_dir, check_files=False)
    title = check_run_name(name or found.name)
    path = output or results_dir / "bundles" / title
    if path.exists() and not overwrite:
        raise BundleError(
            f"{path} exists; choose another --name or --output, or replace it by --overwrite."
        )
    if from_run is not None:
        _refuse_settings()
        folder = _run_folder(from_run, found, results_dir)
    else:
        settings = _Settings(
            backbones, head, assignments, levels, clip_rule, zone_rule, folds, seed
        )
        folder = _cross_validate(found, settings, features_dir, results_dir, jobs)
    run = read_recorded_run(folder, model)
    with counter("Training heads", "heads") as update:
        bundle = train_bundle(
            found,
            _specs(run.config, backbones),
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
    _tell(written, path, folder, as_json)


class _Settings:
    """Of the cross-validation that is made where no run is named."""

    def __init__(
        self,
        backbones: tuple[str, ...],
        head: str,
        assignments: tuple[str, ...],
        levels: str,
        clip_rule: str,
        zone_rule: str,
        folds: int,
        seed: int,
    ) -> None:
        self.backbones = backbones
        self.head = head
        self.assignments = assignments
        self.levels = levels
        self.rules = (clip_rule, zone_rule)
        self.folds = folds
        self.seed = seed


def _refuse_settings() -> None:
    """Refuse options that a run decides."""
    context = click.get_current_context()
    for name in _OF_RUN:
        if context.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT:
            option = next(one.opts[0] for one in context.command.params if one.name == name)
            raise click.UsageError(f"--from-run decides that; leave out {option}.")


def _run_folder(text: str, cohort: Cohort, results_dir: Path) -> Path:
    named = results_dir / cohort.name / text
    return named if named.is_dir() else Path(text)


def _specs(config: Mapping[str, Any], named: tuple[str, ...]) -> dict[str, BackboneSpec]:
    """Find the backbones of a run; an ONNX file is found by the path that was given."""
    from lusscore.backbones import get_backbone

    given = {get_backbone(text).name: text for text in named}
    names = [one["name"] for one in config["backbones"]]
    return {name: get_backbone(given.get(name, name)) for name in names}


def _cross_validate(
    cohort: Cohort, settings: _Settings, features_dir: Path, results_dir: Path, jobs: int
) -> Path:
    """Measure first what is then trained on everybody."""
    from lusscore.backbones import get_backbone
    from lusscore.evaluation.experiment import Experiment, run_experiment
    from lusscore.evaluation.feature_sets import parse_levels
    from lusscore.evaluation.rules import Rule
    from lusscore.evaluation.run import new_run
    from lusscore.report import write_report

    names = dict.fromkeys(settings.backbones or computed_backbones(features_dir, (cohort,)))
    clip_rule, zone_rule = map(Rule.parse, settings.rules)
    experiment = Experiment(
        cohort,
        tuple(get_backbone(name) for name in names),
        choose_heads((settings.head,), {}, settings.assignments),
        settings.folds,
        seed=settings.seed,
        combine=("concatenate",) if len(names) > 1 else (),
        levels=(parse_levels(settings.levels),),
        clip_rule=clip_rule,
        zone_rule=zone_rule,
    )
    name = experiment.default_name()
    folder = results_dir / cohort.name / name
    with new_run(folder, overwrite=True) as building:
        with counter("Cross-validating", "heads") as update:
            outcome = run_experiment(
                experiment,
                features_dir,
                building,
                name=name,
                command=shlex.join(["lusscore", *sys.argv[1:]]),
                jobs=jobs,
                progress=update,
            )
        write_report(building)
    for sentence in outcome.notes:
        note(f"Note: {sentence}")
    return folder


def _tell(bundle: Bundle, path: Path, folder: Path, as_json: bool) -> None:
    from lusscore.bundle.facts import bundle_facts

    facts = bundle_facts(bundle) | {"path": str(path), "run": str(folder)}
    if as_json:
        say(json.dumps(facts, indent=1))
        return
    say(f"Bundle: {path}")
    say(f"Digest: {bundle.digest}")
    say(f"Cross-validation behind it: {folder / 'report.html'}")
    say(f"Score an exam with it: lusscore score EXAM --model {path}")
