"""One experiment from feature files to a run folder's tables."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lusscore.backbones import DEFAULT_PRECISION, BackboneSpec
from lusscore.checks import quick_findings
from lusscore.cohort import Cohort
from lusscore.evaluation.crossval import HeadChoice, cross_validate
from lusscore.evaluation.dataset import LabelledCohort, load_cohort
from lusscore.evaluation.division import (
    Division,
    divide_as_saved,
    divide_into_folds,
    divide_leaving_out,
)
from lusscore.evaluation.evaluate import evaluate_run
from lusscore.evaluation.external import divide_external
from lusscore.evaluation.run import record_run
from lusscore.head import head_defaults

# Says what folds that are alike cannot do, and nothing of sides that are given.
_ABOUT_FOLDS = "small-groups"


@dataclass(frozen=True)
class Experiment:
    """What to train, and on whom to test it.

    Attributes
    ----------
    cohort
        Gives labels, and the extraction settings that the feature files must have; the one tested
        on.
    specs
        Backbones, at least one.
    heads
        What to train, at least one; the first is reported first.
    folds, repeats
        Folds by patient, and how often to divide anew.
    seed
        Of folds and heads.
    folds_file
        Folds of an earlier run, instead of new ones.
    combine
        Further models of all backbones: any of ``"concatenate"`` and ``"mean"``.
    leave_out
        Hold out each ``"device"`` or ``"group"`` in turn, instead of folds that are alike.
    training
        Train on all patients of these cohorts instead, and test on all of `cohort`.
    """

    cohort: Cohort
    specs: tuple[BackboneSpec, ...]
    heads: tuple[HeadChoice, ...]
    folds: int = 3
    repeats: int = 1
    seed: int = 0
    folds_file: Path | None = None
    combine: tuple[str, ...] = ()
    leave_out: str = ""
    training: tuple[Cohort, ...] = ()

    def complete_heads(self) -> tuple[HeadChoice, ...]:
        """Return the heads with all their settings, defaults and seed included."""
        own = {"seed": self.seed}
        return tuple(
            HeadChoice(head.name, head_defaults(head.name) | own | dict(head.settings))
            for head in self.heads
        )

    def default_name(self) -> str:
        """Name a run by its settings, so that other settings are another run."""
        saved = None if self.folds_file is None else self.folds_file.read_bytes()
        settings: tuple[object, ...] = (
            [spec.name for spec in self.specs],
            [(head.name, sorted(head.settings.items())) for head in self.complete_heads()],
            self.folds,
            self.repeats,
            self.seed,
            saved,
            self.combine,
        )
        kind = "saved-folds" if saved is not None else f"{self.folds}fold"
        if self.leave_out:
            kind = f"leave-one-{self.leave_out}-out"
            settings = (*settings, self.leave_out)
        if self.training:
            kind = "external"
            settings = (*settings, [cohort.name for cohort in self.training])
        digest = hashlib.sha256(repr(settings).encode()).hexdigest()[:8]
        heads = "-".join(head.name for head in self.heads)
        return f"{kind}-{heads}-{digest}"


@dataclass(frozen=True)
class Outcome:
    """What the caller should tell of a finished experiment.

    Attributes
    ----------
    notes
        What the reader of the results must know, as sentences.
    skipped
        Labelled clips without embeddings, of every cohort.
    """

    notes: tuple[str, ...]
    skipped: int


def run_experiment(
    experiment: Experiment,
    features_dir: Path,
    folder: Path,
    *,
    name: str,
    command: str,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Outcome:
    """Train and test, and write everything of a run but its report into `folder`.

    Parameters
    ----------
    experiment
        What to do.
    features_dir
        Folder of all feature files; they are read and never written.
    folder
        An empty folder.
    name, command
        Recorded: the run's name and the command line that repeats it.
    jobs
        Heads trained at once.
    progress
        Called with (heads trained, heads in all).

    Raises
    ------
    FeatureFileError
        If a feature file is missing, unfinished, damaged or of other settings.
    FoldError, HeadError, CohortError
        If folds, head or labels do not allow it, or cohorts cannot be set against each other.
    """
    started = time.perf_counter()
    division = _divide(experiment, features_dir)
    result = cross_validate(
        division.frames,
        division.sides,
        experiment.complete_heads(),
        combine=experiment.combine,
        jobs=jobs,
        progress=progress,
    )
    cohorts = (division.tested, *division.training)
    told = (*division.notes, *result.notes, *_reduced_precision(cohorts), *_found(division))
    result = replace(result, notes=tuple(dict.fromkeys(told)))
    record_run(
        folder,
        division,
        experiment.specs,
        result,
        name=name,
        seed=experiment.seed,
        command=command,
        seconds=time.perf_counter() - started,
    )
    evaluate_run(folder)
    return Outcome(result.notes, sum(len(labelled.dataset.skipped) for labelled in cohorts))


def _divide(experiment: Experiment, features_dir: Path) -> Division:
    """Read the cohorts and make the sides that the experiment asks for."""
    tested, *training = (
        load_cohort(cohort, experiment.specs, features_dir)
        for cohort in (experiment.cohort, *experiment.training)
    )
    if training:
        return divide_external(training, tested)
    if experiment.leave_out:
        return divide_leaving_out(tested, experiment.leave_out)
    if experiment.folds_file is not None:
        return divide_as_saved(tested, experiment.folds_file)
    return divide_into_folds(tested, experiment.folds, experiment.repeats, experiment.seed)


def _reduced_precision(cohorts: Sequence[LabelledCohort]) -> list[str]:
    """Name the backbones that did not compute in full precision."""
    return [
        f"The embeddings of {file.backbone} were computed in {file.parts['precision']}, which "
        "changes them a little."
        for labelled in cohorts
        for file in labelled.dataset.features.values()
        if file.parts.get("precision", DEFAULT_PRECISION) != DEFAULT_PRECISION
    ]


def _found(division: Division) -> list[str]:
    """Say what the cheap part of the checks warns of; what it only notes is left to 'check'."""
    told = []
    given = any(side.given for side in division.sides)
    for labelled in (division.tested, *division.training):
        file = next(iter(labelled.dataset.features.values()))
        digests = dict(zip(file.paths, file.digests, strict=True))
        cohort = labelled.cohort
        whose = f"{cohort.name}: " if division.training else ""
        told += [
            f"{whose}{finding.what}"
            for finding in quick_findings(cohort, digests)
            if finding.level != "note" and not (given and finding.code == _ABOUT_FOLDS)
        ]
    return told
