"""``lusscore cv``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

import lusscore as ls
from lusscore.cli.cv_tables import print_results
from lusscore.cli.cv_usage import check_usage
from lusscore.cli.head_settings import PAPERS_HEAD, HeadsCommand, read_grids, read_settings
from lusscore.cli.option_groups import write_grouped_options
from lusscore.cli.places import (
    backbone_option,
    cohort_option,
    data_dir_option,
    features_dir_option,
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
    "[default: softmax and recommended]",
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
) -> None:
    """Cross-validate heads on a COHORT's embeddings, by patient, and write a report.

    No patient is ever both trained and tested on. Embeddings are read, never computed: changing the
    head takes seconds. The defaults are those of Raillard et al. 2022.

    With --train and --test, heads are trained on one cohort and tested on another.
    """
    from lusscore.evaluation import METRICS_NAME
    from lusscore.heads import RECOMMENDED, head_names

    check_usage(cohort, train, test, leave_out, ways)
    names = heads or (
        tuple(name for name in head_names() if name != RECOMMENDED)
        if ways
        else (PAPERS_HEAD, RECOMMENDED)
    )
    found, *training = (
        ls.read_cohort(one, data_dir=data_dir, check_files=False)
        for one in (test or cohort or "", *train)
    )
    run = ls.cross_validate(
        ls.read_features(
            (found, *training), backbones, features_dir=features_dir, weights_dir=weights_dir
        ),
        read_settings(names, assignments),
        folds=folds,
        repeats=repeats,
        seed=seed,
        folds_file=folds_file,
        leave_out=leave_out or "",
        trained_on=training,
        combine=combine,
        levels=levels or ("embedding",),
        select=ways,
        grids=read_grids(names, tries),
        criterion=criterion,
        inner_folds=inner_folds,
        clip_rule=clip_rule,
        zone_rule=zone_rule,
        name=run_name,
        overwrite=overwrite,
        jobs=jobs,
        results_dir=results_dir,
    )
    if run.skipped:
        note(f"Note: {run.skipped} clips have no embeddings; the report lists them.")
    if as_json:
        say((run.folder / METRICS_NAME).read_text(encoding="utf-8"))
    else:
        print_results(run.metrics, external=bool(training))
        say(f"Report: {run.report}")
    if open_report:
        click.launch(run.report.resolve().as_uri())
    if run.skipped:
        sys.exit(1)
