"""The run folder: made whole or not at all, and the record of what was run."""

from __future__ import annotations

import hashlib
import platform
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

from lusscore import __version__
from lusscore.backbones import BackboneSpec
from lusscore.cohort import MANIFEST_NAME, Split, write_folds
from lusscore.errors import RunError
from lusscore.evaluation.aggregation import SELECTION_NAME
from lusscore.evaluation.crossval import CrossValidation
from lusscore.evaluation.dataset import Dataset, LabelledCohort, LabelledFrames
from lusscore.evaluation.models import Selection, describe_selection
from lusscore.evaluation.predictions import PREDICTIONS_NAME, write_predictions
from lusscore.evaluation.rules import Rule
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


def check_run_name(name: str) -> str:
    """Return a run's name, by which its folder goes.

    Raises
    ------
    RunError
        If it could name another place than one folder beside the other runs.
    """
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


def record_run(
    folder: Path,
    tested: LabelledCohort,
    specs: Sequence[BackboneSpec],
    result: CrossValidation,
    *,
    splits: Sequence[Split],
    frames: LabelledFrames,
    training: Sequence[LabelledCohort] = (),
    name: str,
    seed: int,
    rules: Mapping[str, Rule],
    selection: Selection | None = None,
    command: str,
    seconds: float,
    settings: str,
    inputs: Mapping[str, str],
) -> None:
    """Write a run's own files: configuration, folds, predictions, training times and selections.

    `splits` are rows of `frames`, which are trained on or tested on; `training` are the cohorts
    that were trained on, where they are others than `tested`. `settings` and `inputs` are digests
    by which the same run is recognised.
    """
    (folder / TRAINING_NAME).parent.mkdir(parents=True, exist_ok=True)
    write_folds(folder / FOLDS_NAME, splits, frames.frames)
    write_predictions(folder / PREDICTIONS_NAME, result.predictions)
    for file, table in ((TRAINING_NAME, result.training), (SELECTION_NAME, result.selection)):
        if table is not None:
            table.to_csv(folder / file, index=False, lineterminator="\n", encoding="utf-8")
    head, *more_heads = {model.head.name: model.head for model in result.models}.values()
    config = RunConfig(
        run=RunTable(
            name=name,
            command=command,
            created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            lusscore=__version__,
            seconds=round(seconds, 2),
            notes=tuple(result.notes),
            settings=settings,
        ),
        inputs=dict(inputs),
        versions=_versions(),
        cohort=_describe_cohort(tested),
        cross_validation=ValidationTable(
            folds=max(split.fold for split in splits),
            repeats=max(split.repeat for split in splits),
            seed=seed,
            leave_out=splits[0].left_out.partition(": ")[0] or None,
        ),
        evaluation=RulesTable(clip_rule=rules["clip"].name, zone_rule=rules["zone"].name),
        models=(*(model.name for model in result.models), *result.selected),
        head=HeadTable(name=head.name, **head.settings),
        more_heads=tuple(HeadTable(name=other.name, **other.settings) for other in more_heads),
        backbones=tuple(_describe_backbone(spec, tested.dataset) for spec in specs),
        selection=None if selection is None else describe_selection(selection),
    )
    if training:
        others = tuple(
            _describe_cohort(labelled, _fingerprints(labelled.dataset)) for labelled in training
        )
        config = config.model_copy(update={"trained_on": others})
    write_config(folder, config)


def _versions() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        **{package: version(package) for package in _RECORDED_PACKAGES},
        "platform": f"{platform.system()} {platform.machine()}",
    }


def _describe_cohort(
    labelled: LabelledCohort, fingerprints: dict[str, str] | None = None
) -> CohortTable:
    cohort, dataset = labelled.cohort, labelled.dataset
    card, frames = cohort.card, dataset.frames
    groups = frames.drop_duplicates("patient")["group"]
    manifest = (cohort.folder / MANIFEST_NAME).read_bytes()
    segments = {segment.clip: segment for segment in cohort.segments}
    scored = [segment for segment in cohort.segments if segment.score is not None]
    labelled_clips = {segment.clip for segment in scored}
    used = set(frames["clip"])
    raters = {segment.rater for segment in scored if segment.rater and segment.clip in used}
    devices = frames.drop_duplicates(["patient", "device"])["device"]
    return CohortTable(
        name=card.name,
        protocol=card.protocol,
        rubric=card.rubric,
        licence=card.licence,
        citation=card.citation,
        source=card.source,
        description=card.description,
        label_level=card.label_level,
        synthetic=card.synthetic,
        manifest_digest=hashlib.sha256(manifest).hexdigest(),
        media_digest=dataset.media_digest,
        patients=int(frames["patient"].nunique()),
        exams=len(frames[["patient", "exam"]].drop_duplicates()),
        clips=int(frames["clip"].nunique()),
        frames=len(frames),
        manifest_clips=len(segments),
        labelled_clips=len(labelled_clips),
        unlabelled_clips=len(segments.keys() - labelled_clips),
        raters=len(raters),
        devices={device or "unknown": n for device, n in sorted(Counter(devices).items())},
        groups={group or "unknown": n for group, n in sorted(Counter(groups).items())},
        skipped_clips=tuple(
            SkippedClip(
                clip=clip, patient=segments[clip].patient, zone=segments[clip].zone, error=error
            )
            for clip, error in dataset.skipped.items()
        ),
        extraction=card.extraction.as_table(),
        fingerprints=fingerprints,
    )


def _fingerprints(dataset: Dataset) -> dict[str, str]:
    return {name: file.settings_digest for name, file in dataset.features.items()}


def _describe_backbone(spec: BackboneSpec, dataset: Dataset) -> BackboneTable:
    features = dataset.features[spec.name]
    return BackboneTable(
        name=spec.name,
        input_size=spec.input_size,
        preprocessing=spec.preprocessing,
        embedding_size=spec.embedding_size,
        parameters=spec.parameters,
        flops=spec.flops,
        weights_digest=features.recipe["weights"],
        engine=features.attrs["engine"],
        precision=features.recipe["precision"],
        fingerprint=features.settings_digest,
        frames=len(dataset.rows[spec.name]),
        variants=features.embeddings.shape[1] - 1,
    )
