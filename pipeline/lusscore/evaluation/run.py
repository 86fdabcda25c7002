"""The run folder: one experiment from feature files to it, made whole or not at all."""

from __future__ import annotations

import hashlib
import platform
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

from lusscore import __version__
from lusscore.backbones import BackboneSpec
from lusscore.checks import quick_findings
from lusscore.cohort import (
    MANIFEST_NAME,
    Split,
    leave_one_out,
    read_folds,
    split_into_folds,
    write_folds,
)
from lusscore.errors import RunError
from lusscore.evaluation.aggregation import SELECTION_NAME
from lusscore.evaluation.crossval import CrossValidation, cross_validate
from lusscore.evaluation.dataset import (
    Dataset,
    LabelledCohort,
    LabelledFrames,
    join_cohorts,
    load_cohort,
)
from lusscore.evaluation.evaluate import evaluate_run
from lusscore.evaluation.experiment import Experiment
from lusscore.evaluation.guards import notes_on, used_rows
from lusscore.evaluation.models import describe_selection
from lusscore.evaluation.predictions import PREDICTIONS_NAME, write_predictions
from lusscore.evaluation.run_config import (
    CONFIG_NAME,
    BackboneTable,
    CohortTable,
    HeadTable,
    RulesTable,
    RunConfig,
    RunTable,
    SkippedClip,
    ValidationTable,
    write_config,
)
from lusscore.files import folder_written_whole

FOLDS_NAME = "folds.csv"
TRAINING_NAME = "tables/training.csv"
_RECORDED_PACKAGES = ("tensorflow", "keras", "openvino", "numpy", "scikit-learn", "h5py", "av")
_RUN_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9_-])?")
# Says what folds that are alike cannot do, and nothing of splits that are given.
_ABOUT_FOLDS = "small-groups"


def check_run_name(name: str) -> str:
    """Return a run's name; raise :class:`RunError` if it could name another place than a folder."""
    if not _RUN_NAME.fullmatch(name):
        raise RunError(
            f"--run {name!r} is not allowed; expected up to 100 letters, digits, '.', '-' and '_', "
            "beginning with a letter or digit and not ending with '.', since the run's folder is "
            "named by it. Runs lie under --results-dir."
        )
    return name


@contextmanager
def new_run(folder: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Give a folder to build a run in, and put it at `folder` once it is whole.

    An earlier run at `folder` stays until then, and for good if anything goes wrong.

    Raises
    ------
    RunError
        If there is something at `folder` already and `overwrite` is false, or it is no run.
    """
    if folder.exists():
        if not (folder / CONFIG_NAME).exists():
            raise RunError(
                "it exists and is no run folder", path=folder, advice="choose another --run"
            )
        if not overwrite:
            raise RunError(
                "there is a run of other settings",
                path=folder,
                advice="choose another name with --run (make: RUN=), or replace it by --overwrite",
            )
    with folder_written_whole(folder) as building:
        yield building


def run_experiment(
    experiment: Experiment,
    features_dir: Path,
    folder: Path,
    *,
    name: str,
    command: str,
    weights_dir: Path | None = None,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Train and test, and write everything of a run but its report into `folder`, which is empty.

    `name` and `command`, the command line that repeats the run, are recorded; `progress` is called
    with (heads trained, heads in all).

    Raises
    ------
    FeatureFileError
        If a feature file is missing, unfinished, damaged or stale.
    FoldError, HeadError, CohortError
        If folds, head or labels do not allow it, or cohorts cannot be compared.
    """
    started = time.perf_counter()
    tested, *training = (
        load_cohort(cohort, experiment.specs, features_dir, weights_dir)
        for cohort in (experiment.cohort, *experiment.training)
    )
    dataset, splits = _split(experiment, tested, training)
    result = cross_validate(
        dataset,
        splits,
        experiment.complete_heads(),
        levels=experiment.reported_levels(),
        combine=experiment.combine,
        selection=experiment.selection(),
        jobs=jobs,
        progress=progress,
    )
    (folder / TRAINING_NAME).parent.mkdir(parents=True, exist_ok=True)
    write_folds(folder / FOLDS_NAME, splits, dataset.frames)
    write_predictions(folder / PREDICTIONS_NAME, result.predictions)
    for file, table in ((TRAINING_NAME, result.training), (SELECTION_NAME, result.selection)):
        if table is not None:
            table.to_csv(folder / file, index=False, lineterminator="\n", encoding="utf-8")
    notes = (
        *experiment.notes(),
        *notes_on(training, tested),
        *result.notes,
        *(note for one in (tested, *training) for note in one.notes),
        *_warnings(tested, training, splits),
    )
    inputs = experiment.inputs(features_dir, weights_dir)
    about = RunTable(
        name=name,
        command=command,
        created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        lusscore=__version__,
        seconds=round(time.perf_counter() - started, 2),
        notes=tuple(dict.fromkeys(notes)),
        settings=experiment.settings_digest(),
    )
    # what is tested on comes last, and only what is in a split counts
    used = used_rows(len(dataset.frames), splits)[-len(tested.dataset.frames) :]
    tested = replace(tested, dataset=tested.dataset.only(used))
    write_config(folder, _describe(experiment, tested, training, splits, result, about, inputs))
    evaluate_run(folder)


def _split(
    experiment: Experiment, tested: LabelledCohort, training: Sequence[LabelledCohort]
) -> tuple[LabelledFrames, tuple[Split, ...]]:
    """Make the splits that the experiment asks for, and the frames of which they give rows."""
    if training:
        return join_cohorts(training, tested)
    dataset = tested.dataset
    if experiment.leave_out:
        splits = leave_one_out(dataset.frames, experiment.leave_out)
    elif experiment.folds_file is not None:
        splits = read_folds(experiment.folds_file, dataset.frames)
    else:
        splits = split_into_folds(
            dataset.frames, experiment.folds, repeats=experiment.repeats, seed=experiment.seed
        )
    return dataset, splits


def _warnings(
    tested: LabelledCohort, training: Sequence[LabelledCohort], splits: Sequence[Split]
) -> list[str]:
    """List the warnings of the quick checks; what they only note is left to 'check'."""
    warnings = []
    given = any(split.given for split in splits)
    for labelled in (tested, *training):
        file = next(iter(labelled.dataset.features.values()))
        digests = dict(zip(file.paths, file.digests, strict=True))
        whose = f"{labelled.cohort.name}: " if training else ""
        warnings += [
            f"{whose}{finding.what}"
            for finding in quick_findings(labelled.cohort, digests)
            if finding.level != "note" and not (given and finding.code == _ABOUT_FOLDS)
        ]
    return warnings


def _describe(
    experiment: Experiment,
    tested: LabelledCohort,
    training: Sequence[LabelledCohort],
    splits: Sequence[Split],
    result: CrossValidation,
    about: RunTable,
    inputs: dict[str, str],
) -> RunConfig:
    """Make the record of a run; cohorts trained on stand in it where they are others."""
    selection = experiment.selection()
    heads = {model.head.name: model.head for model in result.models}.values()
    head, *more_heads = (HeadTable(name=one.name, **one.settings) for one in heads)
    trained_on = [
        _describe_cohort(one).model_copy(update={"fingerprints": _fingerprints(one.dataset)})
        for one in training
    ]
    return RunConfig(
        run=about,
        inputs=inputs,
        versions={
            "python": platform.python_version(),
            **{package: version(package) for package in _RECORDED_PACKAGES},
            "platform": f"{platform.system()} {platform.machine()}",
        },
        cohort=_describe_cohort(tested),
        cross_validation=ValidationTable(
            folds=max(split.fold for split in splits),
            repeats=max(split.repeat for split in splits),
            seed=experiment.seed,
            leave_out=splits[0].left_out.partition(": ")[0] or None,
        ),
        evaluation=RulesTable(
            clip_rule=experiment.clip_rule.name, zone_rule=experiment.zone_rule.name
        ),
        models=(*(model.name for model in result.models), *result.selected),
        head=head,
        more_heads=tuple(more_heads),
        backbones=tuple(_describe_backbone(spec, tested.dataset) for spec in experiment.specs),
        selection=None if selection is None else describe_selection(selection),
        **({"trained_on": tuple(trained_on)} if trained_on else {}),
    )


def _describe_cohort(labelled: LabelledCohort) -> CohortTable:
    cohort, dataset = labelled.cohort, labelled.dataset
    frames = dataset.frames
    patients = frames.drop_duplicates("patient")
    devices = frames.drop_duplicates(["patient", "device"])
    manifest = (cohort.folder / MANIFEST_NAME).read_bytes()
    segments = {segment.clip: segment for segment in cohort.segments}
    scored = [segment for segment in cohort.segments if segment.score is not None]
    labelled_clips = {segment.clip for segment in scored}
    used = set(frames["clip"])
    raters = {segment.rater for segment in scored if segment.rater and segment.clip in used}
    return CohortTable(
        **{**vars(cohort.card), "extraction": cohort.card.extraction.as_table()},
        manifest_digest=hashlib.sha256(manifest).hexdigest(),
        media_digest=dataset.media_digest,
        patients=len(patients),
        exams=len(frames[["patient", "exam"]].drop_duplicates()),
        clips=len(used),
        frames=len(frames),
        manifest_clips=len(segments),
        labelled_clips=len(labelled_clips),
        unlabelled_clips=len(segments.keys() - labelled_clips),
        raters=len(raters),
        devices=_counts(devices["device"]),
        groups=_counts(patients["group"]),
        skipped_clips=tuple(
            SkippedClip(
                clip=clip, patient=segments[clip].patient, zone=segments[clip].zone, error=error
            )
            for clip, error in dataset.skipped.items()
        ),
    )


def _counts(names: Iterable[str]) -> dict[str, int]:
    return {name or "unknown": count for name, count in sorted(Counter(names).items())}


def _fingerprints(dataset: Dataset) -> dict[str, str]:
    return {name: file.settings_digest for name, file in dataset.features.items()}


def _describe_backbone(spec: BackboneSpec, dataset: Dataset) -> BackboneTable:
    features = dataset.features[spec.name]
    return BackboneTable(
        **vars(spec),
        weights_digest=features.recipe["weights"],
        engine=features.attrs["engine"],
        precision=features.recipe["precision"],
        fingerprint=features.settings_digest,
        frames=len(dataset.rows[spec.name]),
        variants=features.embeddings.shape[1] - 1,
    )
