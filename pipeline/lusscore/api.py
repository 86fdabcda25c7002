"""The public API: cohorts, features, runs, models and exams, as notebooks and commands use them.

Folders that are not given are those of the environment (``LUSSCORE_DATA``, ``LUSSCORE_FEATURES``,
``LUSSCORE_RESULTS``, ``LUSSCORE_WEIGHTS``), or else ``data``, ``features`` and ``results`` in the
working directory. Progress and notes go to standard error; ``progress=False`` keeps them quiet.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, overload

from lusscore.backbones import DEFAULT_BACKBONE, EngineChoice
from lusscore.cohort import CARD_NAME, Cohort, ExtractionSettings
from lusscore.cohort import read_cohort as _read_cohort
from lusscore.console import counter, note, stop_on_ctrl_c
from lusscore.console import progress as progress_bars
from lusscore.errors import CohortError, FeatureFileError, RunError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from lusscore.backbones import BackboneSpec
    from lusscore.cohort import Consensus, Imported
    from lusscore.evaluation import Experiment, HeadChoice, RunConfig
    from lusscore.features import Features as FeatureFile
    from lusscore.features import Outcome
    from lusscore.models import Bundle
    from lusscore.privacy import Deidentified
    from lusscore.scoring import ExamClip, LoadedModel, ScoredClip, ScoredExam, ScoredZone

PAPERS_HEAD = "softmax"

Place = str | os.PathLike[str]
Heads = str | Sequence[str] | Mapping[str, Mapping[str, Any]]
"""Heads by name, or names with settings: ``{"svm": {"C": 0.1}, "mil": {}}``."""
Told = Callable[[int, int], None]


def _folder(given: Place | None, kind: str) -> Path:
    return Path(given or os.environ.get(f"LUSSCORE_{kind.upper()}") or kind)


def _weights(given: Place | None) -> Path | None:
    found = given or os.environ.get("LUSSCORE_WEIGHTS")
    return Path(found) if found else None


@contextmanager
def _counted(title: str, unit: str, shown: bool) -> Iterator[Told]:
    if not shown:
        yield lambda done, total: None
        return
    with counter(title, unit) as update:
        yield update


def read_cohort(
    folder: Place, *, data_dir: Place | None = None, check_files: bool = True
) -> Cohort:
    """Read a cohort's card and manifest.

    Parameters
    ----------
    folder
        The cohort's folder, or its name under `data_dir`.
    data_dir
        Folder of all cohorts.
    check_files
        Whether every clip of the manifest must be there.

    Raises
    ------
    CohortError
        If there is no such cohort, card or manifest are not valid, or card and folder disagree
        on the cohort's name. All that is wrong in a file is named at once.
    """
    place = Path(folder)
    if not (place / CARD_NAME).is_file():
        place = _folder(data_dir, "data") / folder
    found = _read_cohort(place, check_files=check_files)
    name = place.resolve().name
    if found.name != name:
        raise CohortError(
            f"the card names the cohort {found.name!r} but its folder is {name!r}; feature files "
            "go by that name",
            path=place / CARD_NAME,
            advice="make both the same",
        )
    return found


@dataclass(frozen=True)
class ImportedCohort(Cohort):
    """A cohort just brought in, and what was found on the way.

    Attributes
    ----------
    imported
        What the importer read, with notes and the files that it ignored.
    settled
        How the scores of several raters became one.
    copies
        The de-identified copies, where they were asked for.
    key_file
        What pseudonyms stand for, where there are any.
    """

    imported: Imported
    settled: Consensus
    copies: Deidentified | None = None
    key_file: Path | None = None


def import_cohort(
    importer: str,
    source: Place,
    *,
    name: str | None = None,
    protocol: str | None = None,
    rubric: str | None = None,
    media: Place | None = None,
    columns: Mapping[str, str] | None = None,
    rule: str | None = None,
    extraction: ExtractionSettings | None = None,
    deidentify: bool = False,
    key_file: Place | None = None,
    jobs: int = 1,
    overwrite: bool = False,
    data_dir: Place | None = None,
    progress: bool = True,
) -> ImportedCohort:
    """Bring a labelled data set in as a cohort.

    Clips stay where they are, unless `deidentify` copies them.

    Parameters
    ----------
    importer
        How to read `source`, by name: ``"folders"``, ``"csv"``, ``"cvat"``, …; ``lusscore import
        --help`` lists them.
    source
        A folder, or a file of labels.
    name
        Of the cohort; by default the importer's, and ``"cohort"`` with `deidentify`.
    protocol, rubric
        Zones, and the rule by which scores were given, where the source does not tell.
    media
        Folder of the clips, where they do not lie beside the labels.
    columns
        Our word for a column → theirs: ``{"zone": "Location"}``.
    rule
        How several raters' scores become one: ``"majority"`` (default), ``"mean"`` or
        ``"rater:NAME"``.
    extraction
        What stage one computes of each frame.
    deidentify
        Copy clips without names and metadata, and replace patients' names by pseudonyms.
    key_file
        What pseudonyms stand for, kept apart from the cohort; by default ``keys/<name>.csv``.
    jobs
        Copies made at once.
    overwrite
        Replace card and manifest of a cohort of that name.
    data_dir
        Folder of all cohorts.
    progress
        Whether to show it.

    Raises
    ------
    CohortError
        If the source cannot be read as `importer` expects, with all that is wrong in it, or there
        is a cohort of that name.
    PrivacyError
        If clips cannot be copied without names.
    """
    from lusscore.cohort import ImportOptions, consensus_labels, get_importer, write_cohort

    if key_file is not None and not deidentify:
        raise CohortError("--key-file is for --deidentify; give both or neither.")
    options = ImportOptions(
        # a folder is often named after the one whose recordings it holds
        name=name or ("cohort" if deidentify else None),
        protocol=protocol,
        rubric=rubric,
        extraction=extraction or ExtractionSettings(),
        columns=dict(columns or {}),
        media=None if media is None else Path(media),
    )
    imported = get_importer(importer)(Path(source), options)
    folder = _folder(data_dir, "data") / imported.card.name
    if (folder / CARD_NAME).exists() and not overwrite:
        raise CohortError(
            "it holds a cohort", path=folder, advice="choose another --name, or use --overwrite"
        )
    settled = consensus_labels(imported.segments, rule)
    imported = replace(imported, segments=settled.segments)
    copies = None
    if deidentify:
        from lusscore.privacy import deidentify as copy

        key_file = Path(key_file or Path("keys") / f"{imported.card.name}.csv")
        with _counted("Copying clips", "clips", progress) as update:
            copies = copy(
                imported, folder, key_file, ratings=settled.ratings, jobs=jobs, progress=update
            )
        imported = copies.imported
        settled = replace(settled, segments=imported.segments, ratings=copies.ratings)
    write_cohort(folder, imported.card, imported.segments, settled.ratings)
    cohort = _read_cohort(folder)
    return ImportedCohort(
        cohort.folder, cohort.card, cohort.segments, imported, settled, copies,
        None if key_file is None else Path(key_file),
    )  # fmt: skip


@dataclass(frozen=True)
class Features:
    """The embeddings of a cohort by one backbone, and what is known of each frame.

    Attributes
    ----------
    cohort, spec
        Whose, and by which backbone.
    features_dir, weights_dir
        Where they lie, and where the backbone's weights do if that was said.
    outcome
        What was computed; None where it was only read.
    folds_file
        ``folds.csv`` of a run, whose folds `frames` then tells.
    """

    cohort: Cohort
    spec: BackboneSpec
    features_dir: Path
    weights_dir: Path | None = None
    outcome: Outcome | None = None
    folds_file: Path | None = None

    @cached_property
    def file(self) -> FeatureFile:
        """The feature file, which is what card, code and weights ask for now.

        Raises
        ------
        FeatureFileError
            If it is missing, damaged or stale.
        """
        from lusscore.features import read_fresh

        return read_fresh(self.cohort, self.spec, self.features_dir, self.weights_dir)[0]

    @property
    def backbone(self) -> str:
        """Name of the backbone."""
        return self.spec.name

    @property
    def embeddings(self) -> NDArray[Any]:
        """float16 or float32, shape (frames, 1 + variants, dim); variant 0 is the clean frame."""
        return self.file.embeddings

    @property
    def levels(self) -> Mapping[str, NDArray[Any]]:
        """Pooled earlier layers that the card asks for, of the same shape but for their dim."""
        return self.file.levels

    @cached_property
    def frames(self) -> pd.DataFrame:
        """What is known of each frame, one row per row of `embeddings`.

        Columns: ``clip`` (as in the manifest), ``frame`` (number in its clip), ``time`` (seconds,
        NaN without a clock), ``patient, exam, zone, group, device``, and ``score`` (0–3, NA where
        the frame lies in no labelled segment); with `folds_file`, ``fold``, the one in whose test
        patients the frame's patient is.
        """
        from lusscore.evaluation import describe_frames

        return describe_frames(self.cohort, self.file, self.folds_file)

    def with_folds(self, folds_file: Place) -> Features:
        """Return the features with a column ``fold`` in `frames`, after a run's ``folds.csv``."""
        return replace(self, folds_file=Path(folds_file))


class Stopped(KeyboardInterrupt):
    """Stage one was stopped; what was computed is kept.

    Attributes
    ----------
    features
        One per backbone, with what was computed.
    """

    def __init__(self, features: Sequence[Features]) -> None:
        super().__init__("Stopped; what was computed is kept. To go on, do the same again.")
        self.features = tuple(features)


@overload
def extract_features(
    cohort: Cohort, backbones: str = ..., *,
    engine: str = ..., device: str | None = ...,
    threads: int | None = ..., precision: str = ..., batch: int = ..., workers: int = ...,
    scheduler: str | None = ..., part: tuple[int, int] | None = ..., strict: bool = ...,
    features_dir: Place | None = ..., weights_dir: Place | None = ..., progress: bool = ...,
) -> Features: ...  # fmt: skip
@overload
def extract_features(
    cohort: Cohort, backbones: list[str] | tuple[str, ...], *,
    engine: str = ..., device: str | None = ...,
    threads: int | None = ..., precision: str = ..., batch: int = ..., workers: int = ...,
    scheduler: str | None = ..., part: tuple[int, int] | None = ..., strict: bool = ...,
    features_dir: Place | None = ..., weights_dir: Place | None = ..., progress: bool = ...,
) -> tuple[Features, ...]: ...  # fmt: skip
def extract_features(
    cohort: Cohort,
    backbones: str | list[str] | tuple[str, ...] = DEFAULT_BACKBONE,
    *,
    engine: str = "openvino",
    device: str | None = None,
    threads: int | None = None,
    precision: str = "f32",
    batch: int = 16,
    workers: int = 1,
    scheduler: str | None = None,
    part: tuple[int, int] | None = None,
    strict: bool = False,
    features_dir: Place | None = None,
    weights_dir: Place | None = None,
    progress: bool = True,
) -> Features | tuple[Features, ...]:
    """Compute the embeddings that the cache lacks, and pack the cohort's feature files.

    Every frame and variant goes once through each backbone, and each clip is decoded once for
    all of them. Clips that fail are passed over; ``features.outcome.failed`` says why.

    Parameters
    ----------
    cohort
        Whose clips. Which frames, variants and layers: its card says so.
    backbones
        Name of a frozen network, or path of an ONNX file; or several.
    engine, device, threads
        What executes them: ``"openvino"`` or ``"keras"``, its device, its CPU threads.
    precision
        Arithmetic: ``"f32"``, or ``"bf16"`` or ``"f16"`` where the hardware has it.
    batch
        Images at once.
    workers, scheduler
        Processes that compute clips, or address of a Dask cluster whose workers do.
    part
        (k, n): only the k-th of n parts of the clips, packing nothing.
    strict
        End at the first clip that fails.
    features_dir, weights_dir
        Folder of all feature files; folder of ``<backbone>.weights.h5``.
    progress
        Whether to show it.

    Returns
    -------
    Features, or a tuple of them where several backbones were given

    Raises
    ------
    BackboneError, WeightsError, EngineError
        If a backbone cannot run, or lacks a layer that the card asks for.
    FeatureFileError
        If the disk refuses a write.
    ClipError
        If a clip fails and `strict` is set.
    Stopped
        At Ctrl-C, once the write in hand is done.
    """
    from lusscore.backbones import check_precision
    from lusscore.features import Callbacks, RunChoice, find_backbone
    from lusscore.features import extract_features as extract

    folder, weights = _folder(features_dir, "features"), _weights(weights_dir)
    names = [backbones] if isinstance(backbones, str) else list(backbones)
    specs = [find_backbone(name, folder, (cohort,)) for name in dict.fromkeys(names)]
    choice = EngineChoice(engine, device, threads, folder / ".networks", check_precision(precision))
    with progress_bars(shown=progress) as bars, stop_on_ctrl_c() as stop:
        outcomes = extract(
            cohort,
            specs,
            folder,
            weights_dir=weights,
            engine=choice,
            run=RunChoice(batch, workers, scheduler, strict, part),
            callbacks=Callbacks.on_bars(bars, "Looking at clips", note, stop),
        )
    features = tuple(
        Features(cohort, spec, folder, weights, outcome)
        for spec, outcome in zip(specs, outcomes, strict=True)
    )
    if not all(outcome.finished for outcome in outcomes):
        raise Stopped(features)
    return features[0] if isinstance(backbones, str) else features


def read_features(
    cohort: Cohort | Sequence[Cohort],
    backbones: str | Sequence[str] = (),
    *,
    features_dir: Place | None = None,
    weights_dir: Place | None = None,
) -> tuple[Features, ...]:
    """Return features that were computed before; nothing is computed.

    Parameters
    ----------
    cohort
        Whose; with several, those of the first, by backbones that all have.
    backbones
        One name or several; none for all that the cohorts have feature files of.
    features_dir, weights_dir
        See :func:`extract_features`.

    Raises
    ------
    FeatureFileError
        If there are none.
    """
    from lusscore.features import computed_backbones, find_backbone

    folder = _folder(features_dir, "features")
    cohorts = (cohort,) if isinstance(cohort, Cohort) else tuple(cohort)
    names = (backbones,) if isinstance(backbones, str) else tuple(backbones)
    names = names or tuple(computed_backbones(folder, cohorts))
    return tuple(
        Features(cohorts[0], find_backbone(name, folder, cohorts), folder, _weights(weights_dir))
        for name in dict.fromkeys(names)
    )


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
    folder = _folder(results_dir, "results") / first.cohort.name / name
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
        with _counted("Training heads", "heads", progress) as update:
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


@dataclass
class Model:
    """A trained head with all that is needed to score exams; a context manager.

    Its networks are made ready when the first exam is scored. One exam is scored at a time; calls
    from several threads wait for each other.

    Attributes
    ----------
    bundle
        Heads, networks, settings, calibration and model card.
    threads
        Upper limit of CPU threads; None for all cores.
    run, chosen
        The cross-validation behind it and which of its models it is; None and empty where the
        model was loaded.
    """

    bundle: Bundle
    threads: int | None = None
    run: Run | None = None
    chosen: str = ""

    @property
    def card(self) -> Mapping[str, Any]:
        """The model card: plain values under headings."""
        return self.bundle.card

    @property
    def path(self) -> Path | None:
        """Where its bundle lies."""
        return self.bundle.folder

    @property
    def verdict(self) -> str:
        """How well it did on held-out patients, beside the most frequent score, in sentences."""
        from lusscore.report import model_performance

        return model_performance(self.bundle.card)

    @cached_property
    def _scorer(self) -> LoadedModel:
        from lusscore.scoring import LoadedModel

        return LoadedModel(self.bundle, threads=self.threads)

    def score(
        self,
        exam: Place | Sequence[Place] | Sequence[ExamClip],
        *,
        zones: Place | None = None,
        name: str = "",
        progress: bool | Told = True,
        stop: Event | None = None,
    ) -> Exam:
        """Score one exam: every clip and zone, and the exam's global score.

        Parameters
        ----------
        exam
            A folder or a clip, several of them, or clips whose zones are known.
        zones
            A CSV file with the columns ``clip`` and ``zone``; by default names of files and
            folders, and DICOM headers, tell the zones.
        name
            What the exam is called in its report.
        progress
            Whether to show it; or what to call with (frames done, frames in all).
        stop
            Ends it when set.

        Raises
        ------
        ExamError
            If there are no clips, a path leads nowhere, or it was stopped. A clip that cannot be
            read raises nothing: it says so itself.
        """
        from lusscore.scoring import ExamClip, find_exam

        clips: Sequence[ExamClip]
        notes: tuple[str, ...] = ()
        ignored: tuple[str, ...] = ()
        given = [exam] if isinstance(exam, str | os.PathLike) else list(exam)
        if given and all(isinstance(one, ExamClip) for one in given):
            clips = [one for one in given if isinstance(one, ExamClip)]
        else:
            paths = [Path(one) for one in given if isinstance(one, str | os.PathLike)]
            table = None if zones is None else Path(zones)
            found = find_exam(paths, self.bundle.zones(), table=table)
            clips, notes, ignored = found.clips, found.notes, found.ignored
        with _counted("Scoring", "frames", shown=progress is True) as update:
            told = progress if callable(progress) else update
            scored = self._scorer.score(clips, name=name, progress=told, stop=stop)
        scored = replace(scored, notes=(*notes, *scored.notes))
        return Exam(scored, self.bundle, ignored)

    def assemble(self, name: str, clips: Sequence[ScoredClip]) -> Exam:
        """Sum scored clips up anew, such as under other zones; no network is run."""
        from lusscore.scoring import assemble_exam

        return Exam(assemble_exam(self.bundle, name, clips), self.bundle)

    def save(self, path: Place, *, overwrite: bool = False) -> Path:
        """Write the bundle: a folder, or a file ending in ``.zip``, whole or not at all.

        Raises
        ------
        BundleError
            If something is there that may not be replaced, or the disk does not take it.
        """
        from lusscore.models import write_bundle

        self.bundle = write_bundle(self.bundle, Path(path), overwrite=overwrite)
        return Path(path)

    def close(self) -> None:
        """Let go of the networks' memory."""
        if "_scorer" in self.__dict__:
            self.__dict__.pop("_scorer").close()

    def __enter__(self) -> Model:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


@dataclass(frozen=True)
class Exam:
    """A scored exam.

    Attributes
    ----------
    scored
        Clips and zones with scores, probabilities, saliency maps and reasons for review.
    bundle
        What scored it.
    ignored
        Names of files that are no clips.
    """

    scored: ScoredExam
    bundle: Bundle
    ignored: tuple[str, ...] = ()

    @property
    def zones(self) -> tuple[ScoredZone, ...]:
        """Zones that have a score, in the protocol's order."""
        return self.scored.zones

    @property
    def clips(self) -> tuple[ScoredClip, ...]:
        """All clips in order, those that failed too."""
        return self.scored.clips

    @property
    def global_score(self) -> int | None:
        """Sum of the zones' scores; None where no zone has one. Missing zones are not imputed."""
        return self.scored.total if self.scored.zones else None

    @property
    def bounds(self) -> tuple[int, int]:
        """What the global score could be if zones without a score had 0, or 3."""
        return self.scored.lowest, self.scored.highest

    @property
    def notes(self) -> tuple[str, ...]:
        """What the reader must know of the exam as a whole, as sentences."""
        return self.scored.notes

    @cached_property
    def created(self) -> str:
        """When it was scored, ISO 8601."""
        return datetime.now(timezone.utc).isoformat(timespec="seconds")

    def to_dict(self, *, names: bool = False) -> dict[str, Any]:
        """Return all numbers as plain JSON values; `names` are those of files."""
        from lusscore.scoring import exam_json

        return exam_json(self.scored, self.bundle, created=self.created, names=names)

    def to_html(self, *, names: bool = False) -> str:
        """Return the report as one HTML page that needs nothing else."""
        from lusscore.report import exam_page

        return exam_page(self.scored, self.bundle, created=self.created, show_names=names)

    def clips_csv(self) -> str:
        """Return the clips' scores as CSV."""
        from lusscore.scoring import exam_csv

        return exam_csv(self.scored, self.bundle)

    def zones_csv(self) -> str:
        """Return the zones' scores as CSV."""
        from lusscore.scoring import zones_csv

        return zones_csv(self.scored, self.bundle)

    def write_report(
        self,
        folder: Place | None = None,
        *,
        names: bool = False,
        results_dir: Place | None = None,
    ) -> Path:
        """Write ``report.html``, ``exam.json``, ``clips.csv`` and ``zones.csv``.

        Parameters
        ----------
        folder
            Where to; by default a folder under `results_dir`, named by the digests of clips and
            model.
        names
            Whether files are named; they may be those of people.
        results_dir
            Folder of all results.

        Returns
        -------
        Path
            The report.

        Raises
        ------
        WriteError
            If the disk does not take them.
        """
        from lusscore.files import write_text
        from lusscore.scoring import exam_folder_name

        if folder is None:
            name = exam_folder_name(self.scored, self.bundle)
            folder = _folder(results_dir, "results") / "exams" / name
        texts = {
            "exam.json": json.dumps(self.to_dict(names=names), indent=1) + "\n",
            "clips.csv": self.clips_csv(),
            "zones.csv": self.zones_csv(),
            "report.html": self.to_html(names=names),
        }
        for file, text in texts.items():
            write_text(Path(folder) / file, text)
        return Path(folder) / "report.html"


def train(
    run: Run,
    *,
    model: str | None = None,
    features: Sequence[Features] = (),
    name: str | None = None,
    output: Place | None = None,
    coverage: float = 0.8,
    jobs: int = 1,
    overwrite: bool = False,
    results_dir: Place | None = None,
    progress: bool = True,
) -> Model:
    """Train a run's model on all labelled patients, and keep it as a bundle.

    Probabilities are calibrated, and the threshold for review set, on patients while they were
    held out; ``model.verdict`` tells how well it did on them.

    Parameters
    ----------
    run
        Of the same cohort.
    model
        Which of the run's models, by name or a part of it; by default what it chose inside the
        folds, else the recommended head, else its first.
    features
        What the run was made from, where it was read from its folder.
    name
        Of the model; by default the cohort's.
    output
        Where the bundle goes: a folder or a ``.zip``; by default ``<results>/bundles/<name>``.
    coverage
        Share of held-out clips that need no review.
    jobs
        Processes, where something is chosen.
    overwrite
        Replace a bundle that is there.
    results_dir
        Folder of all results.
    progress
        Whether to show it.

    Raises
    ------
    RunError
        If the run is of other data, or has no such model.
    BundleError
        If there is a bundle already, or the embeddings cannot be made again by the network that
        would go into it.
    FeatureFileError, CohortError, HeadError, SplitError, WeightsError
        As in a cross-validation.
    """
    from lusscore.models import bundle_place, read_recorded_run, train_bundle, write_bundle

    own = tuple(features) or run.features
    if not own:
        raise RunError(
            "the run was read from its folder, which has no embeddings",
            path=run.folder,
            advice="give features=read_features(cohort)",
        )
    first = own[0]
    title = first.cohort.name if name is None else name
    folder = _folder(results_dir, "results") / "bundles"
    path = bundle_place(title, folder, output, overwrite=overwrite)
    recorded = read_recorded_run(run.folder, model)
    with _counted("Training heads", "heads", progress) as update:
        bundle = train_bundle(
            first.cohort,
            {one.backbone: one.spec for one in own},
            first.features_dir,
            recorded,
            name=title,
            coverage=coverage,
            weights_dir=first.weights_dir,
            cache=first.features_dir / ".networks",
            jobs=jobs,
            progress=update,
        )
    return Model(write_bundle(bundle, path, overwrite=overwrite), None, run, recorded.model)


def load_model(
    bundle: Place = "phantom",
    *,
    expect: str | None = None,
    threads: int | None = None,
    results_dir: Place | None = None,
) -> Model:
    """Read a bundle; it runs no code, and its checksums are verified.

    Parameters
    ----------
    bundle
        Path of a folder or ``.zip``, or a name under ``<results>/bundles``. ``"phantom"`` comes
        with lusscore, is trained on synthetic images and says nothing about patients.
    expect
        Digest that the bundle must have.
    threads
        Upper limit of CPU threads; None for all cores.
    results_dir
        Folder of all results.

    Raises
    ------
    BundleError
        If there is none, or it is damaged, altered, or of a later schema.
    """
    from lusscore.models import find_bundle, read_bundle

    folder = _folder(results_dir, "results") / "bundles"
    return Model(read_bundle(find_bundle(str(bundle), folder), expect), threads)
