"""One cross-validation from feature files to a run folder's tables."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lusscore.backbones import DEFAULT_PRECISION, BackboneSpec
from lusscore.checks import quick_findings
from lusscore.cohort import Cohort
from lusscore.cohort.fold_search import make_folds
from lusscore.cohort.folds import Folds, PatientFrames, read_folds
from lusscore.evaluation.crossval import HeadChoice, cross_validate
from lusscore.evaluation.dataset import join_labels
from lusscore.evaluation.evaluate import evaluate_run
from lusscore.evaluation.run import record_run
from lusscore.features import Features, feature_path, fingerprint_parts, read_features
from lusscore.head import head_defaults


@dataclass(frozen=True)
class Experiment:
    """What to cross-validate and how.

    Attributes
    ----------
    cohort
        Gives labels, and the extraction settings that the feature files must have.
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
    """

    cohort: Cohort
    specs: tuple[BackboneSpec, ...]
    heads: tuple[HeadChoice, ...]
    folds: int = 3
    repeats: int = 1
    seed: int = 0
    folds_file: Path | None = None
    combine: tuple[str, ...] = ()

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
        settings = (
            [spec.name for spec in self.specs],
            [(head.name, sorted(head.settings.items())) for head in self.complete_heads()],
            self.folds,
            self.repeats,
            self.seed,
            saved,
            self.combine,
        )
        digest = hashlib.sha256(repr(settings).encode()).hexdigest()[:8]
        folds = "saved-folds" if saved is not None else f"{self.folds}fold"
        heads = "-".join(head.name for head in self.heads)
        return f"{folds}-{heads}-{digest}"


@dataclass(frozen=True)
class Outcome:
    """What the caller should tell of a finished experiment.

    Attributes
    ----------
    notes
        What the reader of the results must know, as sentences.
    skipped
        Labelled clips without embeddings.
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
    """Cross-validate, and write everything of a run but its report into `folder`.

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
        If folds, head or labels do not allow it.
    """
    started = time.perf_counter()
    cohort = experiment.cohort
    features = [
        read_features(
            feature_path(features_dir, cohort, spec.name),
            fingerprint_parts(spec, None, cohort.card.extraction),
        )
        for spec in experiment.specs
    ]
    dataset = join_labels(cohort, features)
    folds = _divide(experiment, dataset.patients())
    result = cross_validate(
        dataset,
        folds,
        experiment.complete_heads(),
        combine=experiment.combine,
        jobs=jobs,
        progress=progress,
    )
    told = (*result.notes, *_reduced_precision(features), *_found(cohort, features))
    result = replace(result, notes=told)
    record_run(
        folder,
        cohort,
        dataset,
        experiment.specs,
        folds,
        result,
        name=name,
        seed=experiment.seed,
        command=command,
        seconds=time.perf_counter() - started,
    )
    evaluate_run(folder)
    return Outcome(result.notes, len(dataset.skipped))


def _reduced_precision(features: Sequence[Features]) -> list[str]:
    """Name the backbones that did not compute in full precision."""
    return [
        f"The embeddings of {file.backbone} were computed in {file.parts['precision']}, which "
        "changes them a little."
        for file in features
        if file.parts.get("precision", DEFAULT_PRECISION) != DEFAULT_PRECISION
    ]


def _found(cohort: Cohort, features: Sequence[Features]) -> list[str]:
    """Say what the cheap part of the checks warns of; what it only notes is left to 'check'."""
    digests = dict(zip(features[0].paths, features[0].digests, strict=True))
    return [finding.what for finding in quick_findings(cohort, digests) if finding.level != "note"]


def _divide(experiment: Experiment, patients: list[PatientFrames]) -> Folds:
    if experiment.folds_file is not None:
        return read_folds(experiment.folds_file, patients)
    return make_folds(patients, experiment.folds, repeats=experiment.repeats, seed=experiment.seed)
