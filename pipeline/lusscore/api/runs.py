"""Cross-validations: made, or read from their folder."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lusscore.api.features import Features
from lusscore.api.places import Place, counted, folder_of
from lusscore.cohort import Cohort
from lusscore.console import note
from lusscore.errors import FeatureFileError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from lusscore.evaluation import Experiment, HeadChoice, RunConfig


Heads = str | Sequence[str] | Mapping[str, Mapping[str, Any]]
"""Heads by name, or names with settings: ``{"svm": {"C": 0.1}, "mil": {}}``."""

PAPERS_HEAD = "softmax"


@dataclass(frozen=True)
class Run:
    """A cross-validation, its folder and report.

    Attributes
    ----------
    folder
        The run's.
    features
        What it was made from; empty where the run was only read.
    made
        Whether it was made by the call that returned it.
    """

    folder: Path
    features: tuple[Features, ...] = ()
    made: bool = False

    @property
    def name(self) -> str:
        """The run's name, by which its folder goes."""
        return self.folder.name

    @property
    def report(self) -> Path:
        """Where its report lies."""
        from lusscore.evaluation import REPORT_NAME

        return self.folder / REPORT_NAME

    @cached_property
    def config(self) -> RunConfig:
        """``config.toml``: what was run, on what, with which settings."""
        from lusscore.evaluation import read_config

        return read_config(self.folder)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader of its results must know, as sentences."""
        return self.config.run.notes

    @property
    def skipped(self) -> int:
        """Number of labelled clips that have no embeddings, of every cohort."""
        cohorts = (self.config.cohort, *self.config.trained_on)
        return sum(len(one.skipped_clips) for one in cohorts)

    @cached_property
    def metrics(self) -> Mapping[str, Any]:
        """``metrics.json``: per level and model, metrics pooled and per fold, with intervals."""
        from lusscore.evaluation import read_metrics

        return read_metrics(self.folder)

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """Every model on every frame while its patient was held out.

        Columns: ``model, repeat, fold, patient, exam, zone, clip, frame, truth`` and the
        probabilities ``p0`` to ``p3``.
        """
        from lusscore.evaluation import PREDICTIONS_NAME, read_predictions

        return read_predictions(self.folder / PREDICTIONS_NAME)

    def figure(self, name: str) -> Figure:
        """Draw a figure of the report: ``"roc"``, ``"confusion_frame"``, and others.

        Raises
        ------
        RunError
            If the run has no such figure; those it has are named.
        """
        from lusscore.report import draw_figure

        return draw_figure(self.folder, name)

    def write_report(self) -> Path:
        """Make figures and report anew from the run's files, and return the report."""
        from lusscore.report import write_report

        return write_report(self.folder)


def read_run(folder: Place) -> Run:
    """Return a run that was made before.

    Raises
    ------
    RunError
        If `folder` is no run folder.
    """
    run = Run(Path(folder))
    _ = run.config
    return run


def cross_validate(
    features: Features | Sequence[Features],
    heads: Heads | None = None,
    *,
    folds: int = 3,
    repeats: int = 1,
    seed: int = 0,
    folds_file: Place | None = None,
    leave_out: str = "",
    trained_on: Sequence[Cohort] = (),
    combine: Sequence[str] = (),
    levels: Sequence[str] = ("embedding",),
    select: Sequence[str] = (),
    grids: Mapping[str, Mapping[str, Sequence[Any]]] | None = None,
    criterion: str = "quadratic_kappa",
    inner_folds: int = 4,
    clip_rule: str = "majority",
    zone_rule: str = "majority",
    name: str | None = None,
    overwrite: bool = False,
    jobs: int = 1,
    results_dir: Place | None = None,
    progress: bool = True,
) -> Run:
    """Train heads on embeddings, test them on patients held out, and write the run's folder.

    No patient is ever both trained and tested on. A run that was made with the same settings from
    the same inputs is not made again; from other inputs it is made anew, and what changed is
    said.

    Parameters
    ----------
    features
        Of one cohort, by one backbone or several.
    heads
        What to train: by default the paper's head and the recommended one, or with `select` all
        as candidates. See :data:`Heads`.
    folds, repeats, seed
        Folds by patient, how often to divide anew, and the seed of folds and heads.
    folds_file
        ``folds.csv`` of an earlier run, instead of new folds.
    leave_out
        One fold per ``"device"`` or ``"group"``, which holds out all its patients.
    trained_on
        External validation: train on all labelled patients of these cohorts, test on all of the
        features' cohort.
    combine
        Further models of all backbones: ``"concatenate"`` embeddings, or ``"mean"`` of
        probabilities.
    levels
        What of a backbone heads see: ``"embedding"``, or layers that the card keeps, such as
        ``"32.top+32.middle"``; several to compare.
    select
        Nested selection inside each fold's training patients: the ``"best"`` candidate, or the
        ``"average"`` of the best five. The paper's head is then reported beside.
    grids
        Values to try, by head and setting: ``{"svm": {"C": (0.01, 1)}}``.
    criterion, inner_folds
        What candidates are compared by, and the inner folds it is measured on.
    clip_rule, zone_rule
        How frames give a clip's score, and a zone's.
    name
        Of the run; by default after its settings.
    overwrite
        Replace a run of that name that has other settings.
    jobs
        Heads trained at once; results are the same.
    results_dir
        Folder of all runs.
    progress
        Whether to show it, and the run's notes.

    Raises
    ------
    FeatureFileError
        If a feature file is missing, damaged or stale.
    SplitError, HeadError, CohortError
        If splits, heads or labels do not allow it.
    RunError
        If the name is taken by a run of other settings, or is no name.
    """
    from lusscore.evaluation import Experiment, NestedCV, Rule, check_run_name, parse_levels
    from lusscore.heads import RECOMMENDED, head_names

    all_features = (features,) if isinstance(features, Features) else tuple(features)
    if not all_features or len({one.cohort.folder for one in all_features}) > 1:
        raise FeatureFileError("Give the features of one cohort, by one backbone or several.")
    first = all_features[0]
    selection = None
    if select:
        candidates = _choices(heads or [one for one in head_names() if one != RECOMMENDED])
        selection = NestedCV(
            tuple(dict.fromkeys(select)),
            candidates,
            {head: {key: tuple(values) for key, values in own.items()}
             for head, own in (grids or {}).items()},
            criterion,
            inner_folds,
        )  # fmt: skip
    experiment = Experiment(
        first.cohort,
        tuple(one.spec for one in all_features),
        _choices(PAPERS_HEAD if select else heads or (PAPERS_HEAD, RECOMMENDED)),
        folds,
        repeats,
        seed,
        None if folds_file is None else Path(folds_file),
        tuple(combine),
        leave_out,
        tuple(trained_on),
        tuple(dict.fromkeys(parse_levels(text) for text in levels)),
        selection,
        Rule.parse(clip_rule),
        Rule.parse(zone_rule),
    )
    name = experiment.default_name() if name is None else check_run_name(name)
    folder = folder_of(results_dir, "results") / first.cohort.name / name
    return _make_run(experiment, all_features, folder, overwrite, jobs, progress)


def _choices(heads: Heads) -> tuple[HeadChoice, ...]:
    """Give heads their settings, the paper's head first."""
    from lusscore.evaluation import HeadChoice

    names = [heads] if isinstance(heads, str) else list(heads)
    settings = heads if isinstance(heads, Mapping) else {}
    ordered = sorted(dict.fromkeys(names), key=lambda name: name != PAPERS_HEAD)
    return tuple(HeadChoice(name, dict(settings.get(name, {}))) for name in ordered)


def _make_run(
    experiment: Experiment,
    features: tuple[Features, ...],
    folder: Path,
    overwrite: bool,
    jobs: int,
    progress: bool,
) -> Run:
    from lusscore.evaluation import earlier_run, new_run, run_experiment
    from lusscore.report import write_report

    first = features[0]
    earlier = earlier_run(
        folder,
        experiment.settings_digest(),
        experiment.inputs(first.features_dir, first.weights_dir),
    )
    tell = note if progress else _nothing
    if earlier is not None and earlier.same_settings:
        if not earlier.changes:
            tell(f"{folder} is up to date: made with these settings from these very inputs.")
            return Run(folder, features)
        tell(f"{folder} is made anew, since {'; '.join(earlier.changes)}.")
        overwrite = True
    with new_run(folder, overwrite=overwrite) as building:
        with counted("Training heads", "heads", progress) as update:
            run_experiment(
                experiment,
                first.features_dir,
                building,
                name=folder.name,
                command=_command(),
                weights_dir=first.weights_dir,
                jobs=jobs,
                progress=update,
            )
        write_report(building)
    run = Run(folder, features, made=True)
    for sentence in run.notes:
        tell(f"Note: {sentence}")
    return run


def _command() -> str:
    """Say what repeats a run: a command line, but not that of a notebook's kernel."""
    import click

    called = click.get_current_context(silent=True) is not None
    return (
        shlex.join(["lusscore", *sys.argv[1:]]) if called else "lusscore.cross_validate, in Python"
    )


def _nothing(sentence: str) -> None:
    """Say nothing."""
