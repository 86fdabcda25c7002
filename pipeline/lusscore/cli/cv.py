"""``lusscore cv``."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

import lusscore as ls
from lusscore.cli import options
from lusscore.cli.head_settings import HeadsCommand, read_grids, read_settings
from lusscore.console import note, print_table, say
from lusscore.wording import listed

PAPERS_HEAD = "softmax"
_HEADINGS = {
    "backbones": "Models",
    "select": "Nested selection",
    "folds": "Splits",
    "clip_rule": "The run",
    "data_dir": "Folders",
}
_CRITERIA = (
    "quadratic_kappa", "accuracy", "balanced_accuracy", "macro_f1", "macro_auc", "log_likelihood",
)  # fmt: skip


@click.command("cv", cls=HeadsCommand, headings=_HEADINGS)
@options.optional_cohort
@options.backbone("Feature file to use; may be repeated.  [default: all that the cohort has]")
@click.option(
    "--head", "heads", metavar="NAME", multiple=True,
    help="Head to train, listed below; may be repeated.  [default: softmax and recommended]",
)  # fmt: skip
@options.head_settings
@click.option(
    "--combine", type=click.Choice(("concatenate", "mean")), multiple=True,
    help="Also evaluate all backbones together: embeddings concatenated, or mean probabilities.",
)  # fmt: skip
@click.option(
    "--levels", metavar="LEVELS", multiple=True, default=("embedding",), show_default=True,
    help="Input of the heads: embedding, or layers that the card keeps, as "
    "32.top+32.bottom; may be repeated.",
)  # fmt: skip
@click.option(
    "--select", type=click.Choice(("best", "average")), multiple=True,
    help="Choose among heads, settings and levels on the training patients of each fold: the best, "
    "or the average of the best five. The paper's head is reported too.",
)  # fmt: skip
@click.option(
    "--grid", "grids", metavar="KEY=V,V", multiple=True,
    help="Values of a setting to choose from, as C=0.01,1 or mil.epochs=10,20.",
)  # fmt: skip
@click.option(
    "--criterion", type=click.Choice(_CRITERIA), metavar="METRIC", default=_CRITERIA[0],
    show_default=True, help=f"What to choose by: {', '.join(_CRITERIA)}.",
)  # fmt: skip
@click.option(
    "--inner-folds", type=click.IntRange(2), default=4, show_default=True,
    help="Folds of the training patients to choose on.",
)  # fmt: skip
@click.option("--folds", type=int, default=3, show_default=True, help="Folds, split by patient.")
@click.option(
    "--repeats", type=click.IntRange(1), default=1, show_default=True,
    help="Cross-validations, each with other folds.",
)  # fmt: skip
@click.option(
    "--folds-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=None,
    help="folds.csv of an earlier run, instead of new folds.",
)  # fmt: skip
@click.option(
    "--leave-out", type=click.Choice(("device", "group")), default=None,
    help="One fold per device, or per group of patients.",
)  # fmt: skip
@options.cohort_option(
    "--train", "External validation: train on this cohort; may be repeated.", multiple=True
)
@options.cohort_option(
    "--test", "With --train: test on this cohort, instead of the argument COHORT."
)
@options.seed
@click.option(
    "--clip-rule", metavar="RULE", default="majority", show_default=True,
    help="From frames to a clip's score: majority, mean-probability, expected, worst, top-K, "
    "top-X%, highest-in-X%.",
)  # fmt: skip
@click.option(
    "--zone-rule", metavar="RULE", default="majority", show_default=True,
    help="The same for a zone, from the frames of all its clips.",
)  # fmt: skip
@click.option(
    "--run", "name", metavar="NAME", default=None,
    help="Name of the run.  [default: by its settings]",
)  # fmt: skip
@options.jobs
@click.option("--overwrite", is_flag=True, help="Replace the run of that name.")
@options.open_report
@options.as_json
@options.data_dir
@options.features_dir
@options.results_dir
@options.weights_dir
def command(
    cohort: str | None,
    backbones: tuple[str, ...],
    heads: tuple[str, ...],
    assignments: tuple[str, ...],
    grids: tuple[str, ...],
    leave_out: str | None,
    train: tuple[str, ...],
    test: str | None,
    open_report: bool,
    as_json: bool,
    data_dir: Path,
    features_dir: Path,
    weights_dir: Path | None,
    **settings: Any,
) -> None:
    """Cross-validate heads on a COHORT's embeddings, by patient, and write a report.

    No patient is ever both trained and tested on. Embeddings are read, never computed: trying
    another head takes seconds. The defaults are those of Raillard et al. 2022.
    """
    _check_usage(cohort, train, test, leave_out, settings["select"])
    found, *training = (
        ls.read_cohort(one, data_dir=data_dir, check_files=False)
        for one in (test or cohort or "", *train)
    )
    features = ls.read_features(
        (found, *training), backbones, features_dir=features_dir, weights_dir=weights_dir
    )

    from lusscore.heads import RECOMMENDED, head_names

    names = heads or (PAPERS_HEAD, RECOMMENDED)
    if settings["select"] and not heads:
        names = tuple(name for name in head_names() if name != RECOMMENDED)
    run = ls.cross_validate(
        features,
        read_settings(names, assignments),
        grids=read_grids(names, grids),
        leave_out=leave_out or "",
        trained_on=training,
        **settings,
    )
    _report(run, external=bool(training), as_json=as_json)
    if open_report:
        click.launch(run.report.resolve().as_uri())
    if run.skipped:
        sys.exit(1)


def given(*names: str) -> list[str]:
    """Return the flags of those parameters of this command that were given."""
    context = click.get_current_context()
    return [
        parameter.opts[0]
        for parameter in context.command.params
        if parameter.name in names
        and context.get_parameter_source(parameter.name) is not ParameterSource.DEFAULT
    ]


def _check_usage(
    cohort: str | None,
    train: Sequence[str],
    test: str | None,
    leave_out: str | None,
    select: Sequence[str],
) -> None:
    """Refuse options that do not go together."""
    unused = given("grids", "criterion", "inner_folds")
    if unused and not select:
        raise click.UsageError(f"{unused[0]} needs --select.")
    by_folds = given("folds", "repeats", "folds_file")
    if bool(train) != (test is not None):
        raise click.UsageError("--train and --test belong together; name a cohort with each.")
    if test is None and cohort is None:
        raise click.UsageError("Name the COHORT, or two of them with --train and --test.")
    if test is not None and cohort is not None:
        raise click.UsageError(
            f"Leave out the argument {cohort!r}; --train and --test name the cohorts."
        )
    if leave_out and (by_folds or train):
        raise click.UsageError(
            f"--leave-out makes its own folds; leave out {listed(by_folds) or '--train'}."
        )
    if train and by_folds:
        raise click.UsageError(
            f"--train and --test hold out one cohort whole; leave out {listed(by_folds)}."
        )


_POOLED = {
    "accuracy": "accuracy",
    "macro_f1": "macro-F1",
    "macro_auc": "ROC-AUC",
    "quadratic_kappa": "quadratic kappa",
    "mean_absolute_error": "mean abs. error",
    "calibration_error": "calibration error",
}
_PAPER = {
    "accuracy": "accuracy",
    "macro_precision": "macro-precision",
    "macro_recall": "macro-recall",
    "macro_auc": "ROC-AUC",
    "quadratic_kappa": "quadratic kappa",
}
_EXAMS = {
    "mean_absolute_error": "mean abs. error",
    "mean_error": "mean error",
    "icc": "ICC(A,1)",
    "rank_correlation": "rank correlation",
}


def _report(run: ls.Run, *, external: bool, as_json: bool) -> None:
    """Print the level that the labels support, the paper's table of frames, and global scores."""
    from lusscore.evaluation import METRICS_NAME, supported_level

    if run.skipped:
        note(f"Note: {run.skipped} clips have no embeddings; the report lists them.")
    if as_json:
        say((run.folder / METRICS_NAME).read_text(encoding="utf-8"))
        return
    metrics = run.metrics
    level = supported_level(metrics)
    whose = f"{level.capitalize()}s of the test cohort" if external else f"Held-out {level}s"
    _print_metrics(
        f"{whose}, pooled, with 95 % intervals over patients{_weak(metrics, level)}",
        _POOLED,
        {
            model: _with_intervals(entry["pooled"], entry.get("interval", {}), _POOLED)
            for model, entry in metrics["levels"][level].items()
        },
    )
    if not external:
        _print_metrics(
            f"Held-out frames, mean ± standard deviation over folds{_weak(metrics, 'frame')}",
            _PAPER,
            {
                model: [_mean_and_sd(entry["mean"][key], entry["sd"][key]) for key in _PAPER]
                for model, entry in metrics["levels"]["frame"].items()
            },
        )
    if metrics["exams"]:
        _print_metrics(
            "Global scores of exams, in points, with 95 % intervals over patients",
            _EXAMS,
            {
                model: _with_intervals(entry["pooled"], entry["interval"], _EXAMS)
                for model, entry in metrics["exams"].items()
            },
        )
    say(f"Report: {run.report}")


def _print_metrics(title: str, names: Mapping[str, str], rows: Mapping[str, Sequence[str]]) -> None:
    columns = ("model", *(f">{name}" for name in names.values()))
    print_table(title, columns, [(model, *cells) for model, cells in rows.items()])


def _weak(metrics: Mapping[str, Any], level: str) -> str:
    labelled = metrics["label_level"]
    return "" if level == labelled else f" (weak labels: one score per {labelled})"


def _with_intervals(
    pooled: Mapping[str, float | None],
    intervals: Mapping[str, Sequence[float] | None],
    names: Mapping[str, str],
) -> list[str]:
    cells = []
    for name in names:
        value, ends = pooled[name], intervals.get(name)
        shown = "n/a" if value is None else f"{value:.3f}"
        cells.append(shown if ends is None else f"{shown}\n{ends[0]:.2f} to {ends[1]:.2f}")
    return cells


def _mean_and_sd(mean: float | None, deviation: float | None) -> str:
    if mean is None:
        return "n/a"
    return f"{mean:.3f}" if deviation is None else f"{mean:.3f} ± {deviation:.3f}"
