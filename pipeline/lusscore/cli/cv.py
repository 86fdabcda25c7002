"""``lusscore cv``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from lusscore.cli.computed_backbones import find_backbones
from lusscore.cli.cv_tables import print_results
from lusscore.cli.cv_usage import check_usage, choosing, reported_heads
from lusscore.cli.head_settings import HeadsCommand
from lusscore.cli.make_run import make_run
from lusscore.cli.option_groups import write_grouped_options
from lusscore.cli.places import (
    backbone_option,
    cohort_option,
    data_dir_option,
    features_dir_option,
    find_cohort,
    optional_cohort_argument,
    results_dir_option,
    weights_dir_option,
)
from lusscore.console import note, say

_HEADINGS = {
    "backbones": "What is trained",
    "ways": "What is chosen",
    "folds": "Who is held out",
    "jobs": "The run",
    "data_dir": "Places",
}


class _CvCommand(HeadsCommand):
    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_grouped_options(self, ctx, formatter, _HEADINGS)


@click.command("cv", cls=_CvCommand)
@optional_cohort_argument
@backbone_option("Feature file to use.  [default: all that the cohort has]")
@click.option(
    "--head",
    "heads",
    multiple=True,
    help="What is trained, by name from the list below; repeat it to compare on the same folds.  "
    "[default: softmax]",
)
@click.option(
    "--set",
    "assignments",
    metavar="KEY=VALUE",
    multiple=True,
    help="A setting of the heads, or of one as HEAD.KEY=VALUE; repeat it for more.",
)
@click.option(
    "--combine",
    type=click.Choice(("concatenate", "mean")),
    multiple=True,
    help="Models of all backbones together besides: one head on all embeddings of a frame, or the "
    "mean of each backbone's probabilities.",
)
@click.option(
    "--levels",
    "levels",
    metavar="LEVELS",
    multiple=True,
    help="What of a backbone heads see: embedding, or levels that the cohort's card keeps, as "
    "32.top+32.middle+32.bottom; repeat it to compare.  [default: embedding]",
)
@click.option("--dropout", type=float, default=None, help="Softmax head.  [default: 0.5]")
@click.option("--learning-rate", type=float, default=None, help="Softmax head.  [default: 0.001]")
@click.option("--batch-size", type=int, default=None, help="Softmax head.  [default: 32]")
@click.option("--epochs", type=int, default=None, help="Softmax head.  [default: 3]")
@click.option("--optimizer", default=None, help="Softmax head.  [default: adam]")
@click.option(
    "--select",
    "ways",
    type=click.Choice(("best", "average")),
    multiple=True,
    help="Nested selection: choose head, settings, levels and rule anew in each fold, on its "
    "training patients alone; the best candidate, or the average of the best five. Candidates are "
    "the heads of --head (by default all), each on every one of --levels; the paper's head is "
    "reported beside.",
)
@click.option(
    "--try",
    "tries",
    metavar="KEY=V,V",
    multiple=True,
    help="Values of a setting to choose from, as C=0.01,1 or mil.epochs=10,20.",
)
@click.option(
    "--criterion",
    type=click.Choice(
        (
            "quadratic_kappa",
            "accuracy",
            "balanced_accuracy",
            "macro_f1",
            "macro_auc",
            "log_likelihood",
        )
    ),
    default="quadratic_kappa",
    show_default=True,
    help="What candidates are compared by.",
)
@click.option(
    "--inner-folds",
    type=click.IntRange(2),
    default=4,
    show_default=True,
    help="Parts that the training patients are divided into for choosing.",
)
@click.option("--folds", type=int, default=3, show_default=True, help="Folds, split by patient.")
@click.option(
    "--repeats", type=click.IntRange(1), default=1, show_default=True, help="Divisions into folds."
)
@click.option(
    "--folds-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=None,
    help="folds.csv of an earlier run, instead of new folds.",
)
@click.option(
    "--leave-out",
    type=click.Choice(("device", "group")),
    default=None,
    help="One fold per device, or per group of patients, that holds out all its patients.",
)
@cohort_option(
    "--train",
    "External validation, without the argument COHORT: train on all labelled patients of this "
    "cohort, and test on those of --test. May be given several times.",
    multiple=True,
)
@cohort_option("--test", "The cohort to test on.")
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Folds and heads."
)
@click.option(
    "--jobs", type=click.IntRange(1), default=1, show_default=True, help="Heads trained at once."
)
@click.option(
    "--clip-rule",
    default="majority",
    show_default=True,
    help="How frames give a clip's score: majority, mean-probability, expected, worst, top-K, "
    "top-X%, highest-in-X%.",
)
@click.option(
    "--zone-rule",
    default="majority",
    show_default=True,
    help="The same for a zone, from the frames of all its clips.",
)
@click.option(
    "--run", "run_name", default=None, help="Name of the run.  [default: by its settings]"
)
@click.option("--overwrite", is_flag=True, help="Replace the run of that name.")
@click.option("--open/--no-open", "open_report", default=False, help="Show the report.")
@click.option("--json", "as_json", is_flag=True, help="Print metrics.json.")
@data_dir_option
@features_dir_option
@results_dir_option
@weights_dir_option
def command(
    cohort: str | None,
    backbones: tuple[str, ...],
    heads: tuple[str, ...],
    assignments: tuple[str, ...],
    combine: tuple[str, ...],
    levels: tuple[str, ...],
    ways: tuple[str, ...],
    tries: tuple[str, ...],
    criterion: str,
    inner_folds: int,
    folds: int,
    repeats: int,
    folds_file: Path | None,
    leave_out: str | None,
    train: tuple[str, ...],
    test: str | None,
    seed: int,
    jobs: int,
    clip_rule: str,
    zone_rule: str,
    run_name: str | None,
    overwrite: bool,
    open_report: bool,
    as_json: bool,
    data_dir: Path,
    features_dir: Path,
    results_dir: Path,
    weights_dir: Path | None,
    **head_options: Any,
) -> None:
    """Cross-validate heads on a COHORT's embeddings, by patient, and write a report.

    No patient is ever on both sides of a fold. Embeddings are read, never computed: changing the
    head takes seconds. The defaults are those of Raillard et al. 2022.

    With --train and --test, heads are trained on one cohort and tested on another.
    """
    from lusscore.evaluation.evaluate import METRICS_NAME
    from lusscore.evaluation.experiment import Experiment
    from lusscore.evaluation.feature_sets import EMBEDDING, parse_levels
    from lusscore.evaluation.rules import Rule
    from lusscore.evaluation.run import check_run_name

    check_usage(cohort, train, test, leave_out)
    found, *training = (
        find_cohort(one, data_dir, check_files=False) for one in (test or cohort or "", *train)
    )
    specs = find_backbones(backbones, features_dir, (found, *training))
    given = {key: value for key, value in head_options.items() if value is not None}
    experiment = Experiment(
        found,
        tuple(specs),
        reported_heads(heads, given, assignments, ways),
        folds,
        repeats,
        seed,
        folds_file,
        combine,
        leave_out or "",
        tuple(training),
        tuple(dict.fromkeys(parse_levels(text) for text in levels or (EMBEDDING,))),
        choosing(heads, given, assignments, ways, tries, criterion, inner_folds),
        Rule.parse(clip_rule),
        Rule.parse(zone_rule),
    )
    name = experiment.default_name() if run_name is None else check_run_name(run_name)
    folder = results_dir / found.name / name
    outcome = make_run(
        experiment,
        features_dir,
        folder,
        title="Training heads",
        jobs=jobs,
        overwrite=overwrite,
        weights_dir=weights_dir,
    )
    if outcome.skipped:
        note(f"Note: {outcome.skipped} clips have no embeddings; the report lists them.")
    metrics = (folder / METRICS_NAME).read_text(encoding="utf-8")
    if as_json:
        say(metrics)
    else:
        print_results(json.loads(metrics), external=bool(training))
        say(f"Report: {folder / 'report.html'}")
    if open_report:
        click.launch((folder / "report.html").resolve().as_uri())
    if outcome.skipped:
        sys.exit(1)
