"""``lusscore cv``."""

from __future__ import annotations

import hashlib
import json
import shlex
import sys
import time
from pathlib import Path
from typing import Any

import click

from lusscore.cli.places import (
    backbone_option,
    cohort_argument,
    data_dir_option,
    features_dir_option,
    find_cohort,
    results_dir_option,
)
from lusscore.console import counter, note, print_table, say


@click.command("cv")
@cohort_argument
@backbone_option("Feature file to use.  [default: all that the cohort has]")
@click.option("--folds", type=int, default=3, show_default=True, help="Folds, split by patient.")
@click.option(
    "--repeats", type=click.IntRange(1), default=1, show_default=True, help="Divisions into folds."
)
@click.option(
    "--folds-file",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    help="folds.csv of an earlier run, instead of new folds.",
)
@click.option("--head", default="softmax", show_default=True, help="What is trained.")
@click.option("--dropout", type=float, default=None, help="Softmax head.  [default: 0.5]")
@click.option("--learning-rate", type=float, default=None, help="Softmax head.  [default: 0.001]")
@click.option("--batch-size", type=int, default=None, help="Softmax head.  [default: 32]")
@click.option("--epochs", type=int, default=None, help="Softmax head.  [default: 3]")
@click.option("--optimizer", default=None, help="Softmax head.  [default: adam]")
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Folds and heads."
)
@click.option("--jobs", type=int, default=1, show_default=True, help="Heads trained at once.")
@click.option(
    "--run", "run_name", default=None, help="Name of the run.  [default: by its settings]"
)
@click.option("--overwrite", is_flag=True, help="Replace the run of that name.")
@click.option("--open/--no-open", "open_report", default=False, help="Show the report.")
@click.option("--json", "as_json", is_flag=True, help="Print metrics.json.")
@data_dir_option
@features_dir_option
@results_dir_option
def command(
    cohort: str,
    backbones: tuple[str, ...],
    folds: int,
    repeats: int,
    folds_file: Path | None,
    head: str,
    seed: int,
    jobs: int,
    run_name: str | None,
    overwrite: bool,
    open_report: bool,
    as_json: bool,
    data_dir: Path,
    features_dir: Path,
    results_dir: Path,
    **head_options: Any,
) -> None:
    """Cross-validate a head on a COHORT's embeddings, by patient, and write a report.

    No patient is ever on both sides of a fold. Embeddings are read, never computed: changing the
    head takes seconds. The defaults are those of Raillard et al. 2022.
    """
    from lusscore.backbones import get_backbone
    from lusscore.cohort.fold_search import make_folds
    from lusscore.cohort.folds import read_folds
    from lusscore.evaluation.crossval import HeadChoice, cross_validate
    from lusscore.evaluation.dataset import join_labels
    from lusscore.evaluation.evaluate import METRICS_NAME, evaluate_run
    from lusscore.evaluation.run import new_run, record_run
    from lusscore.features import feature_path, fingerprint_parts, read_features
    from lusscore.head import head_defaults
    from lusscore.report import write_report

    started = time.perf_counter()
    found = find_cohort(cohort, data_dir, check_files=False)
    specs = [get_backbone(name) for name in backbones or _computed(features_dir / found.name)]
    given = {key: value for key, value in head_options.items() if value is not None}
    choice = HeadChoice(head, head_defaults(head) | given | {"seed": seed})
    settings = found.card.extraction
    features = [
        read_features(
            feature_path(features_dir, found, spec.name), fingerprint_parts(spec, None, settings)
        )
        for spec in specs
    ]
    dataset = join_labels(found, features)
    patients = dataset.patients()
    divided = (
        make_folds(patients, folds, repeats=repeats, seed=seed)
        if folds_file is None
        else read_folds(folds_file, patients)
    )
    name = run_name or f"{divided.count}fold-{head}-{_short_digest(choice, divided, specs)}"
    folder = results_dir / found.name / name
    with new_run(folder, overwrite=overwrite) as building:
        with counter("Training heads", "heads") as update:
            result = cross_validate(dataset, divided, choice, jobs=jobs, progress=update)
        record_run(
            building,
            found,
            dataset,
            specs,
            divided,
            choice,
            result,
            name=name,
            seed=seed,
            command=shlex.join(["lusscore", *sys.argv[1:]]),
            seconds=time.perf_counter() - started,
        )
        evaluate_run(building)
        write_report(building)
    for sentence in result.notes:
        note(f"Note: {sentence}")
    if dataset.skipped:
        note(f"Note: {len(dataset.skipped)} clips have no embeddings; the report lists them.")
    metrics = (folder / METRICS_NAME).read_text(encoding="utf-8")
    if as_json:
        say(metrics)
    else:
        _tell(json.loads(metrics), folder)
    if open_report:
        click.launch((folder / "report.html").resolve().as_uri())
    if dataset.skipped:
        sys.exit(1)


def _computed(folder: Path) -> list[str]:
    """Name the backbones that have a feature file."""
    from lusscore.backbones import backbone_names
    from lusscore.errors import FeatureFileError

    names = sorted(path.stem for path in folder.glob("*.h5"))
    if not names:
        raise FeatureFileError(
            f"No feature files in {folder}; make one with 'lusscore features {folder.name}'."
        )
    order = {name: place for place, name in enumerate(backbone_names())}
    return sorted(names, key=lambda name: order.get(name, len(order)))


def _short_digest(*settings: object) -> str:
    """Tell runs of different settings apart in eight digits."""
    return hashlib.sha256(repr(settings).encode()).hexdigest()[:8]


def _tell(metrics: dict[str, Any], folder: Path) -> None:
    """Print the paper's table of frame metrics, and where the report is."""
    columns = {
        "accuracy": "accuracy",
        "macro_precision": "macro-precision",
        "macro_recall": "macro-recall",
        "macro_auc": "ROC-AUC",
        "quadratic_kappa": "quadratic kappa",
    }
    rows = [
        (
            model,
            *(_mean_and_spread(entry["mean"][key], entry["sd"][key]) for key in columns),
        )
        for model, entry in metrics["levels"]["frame"].items()
    ]
    title = "Held-out frames, mean ± standard deviation over folds"
    if metrics["label_level"] != "frame":
        title += f" (weak labels: one score per {metrics['label_level']})"
    print_table(title, ("model", *(f">{name}" for name in columns.values())), rows)
    say(f"Report: {folder / 'report.html'}")


def _mean_and_spread(mean: float | None, spread: float | None) -> str:
    if mean is None:
        return "n/a"
    return f"{mean:.3f}" if spread is None else f"{mean:.3f} ± {spread:.3f}"
