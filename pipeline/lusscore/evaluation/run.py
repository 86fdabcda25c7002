"""The run folder: made whole or not at all, and the record of what was run."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any

import tomlkit

from lusscore import __version__
from lusscore.backbones import BackboneSpec
from lusscore.cohort import MANIFEST_NAME, Cohort
from lusscore.cohort.folds import Folds, write_folds
from lusscore.errors import RunError
from lusscore.evaluation.crossval import CrossValidation
from lusscore.evaluation.dataset import Dataset
from lusscore.evaluation.evaluate import PREDICTIONS_NAME
from lusscore.evaluation.predictions import write_predictions
from lusscore.evaluation.run_config import CONFIG_NAME

FOLDS_NAME = "folds.csv"
TRAINING_NAME = "tables/training.csv"
_RECORDED_PACKAGES = ("tensorflow", "keras", "openvino", "numpy", "scikit-learn", "h5py", "av")


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
            raise RunError(f"{folder} exists but is no run folder; choose another --run.")
        if not overwrite:
            raise RunError(f"{folder} exists; choose another --run, or replace it by --overwrite.")
    absent = [parent for parent in folder.parents if not parent.exists()]
    building = folder.with_name(f".{folder.name}.{os.getpid()}.building")
    building.mkdir(parents=True)
    try:
        yield building
        replaced = folder.with_name(f".{folder.name}.{os.getpid()}.replaced")
        if folder.exists():
            folder.rename(replaced)
        building.rename(folder)
        shutil.rmtree(replaced, ignore_errors=True)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        with suppress(OSError):  # one that somebody else has put something into stays
            for parent in absent:
                parent.rmdir()
        raise


def record_run(
    folder: Path,
    cohort: Cohort,
    dataset: Dataset,
    specs: Sequence[BackboneSpec],
    folds: Folds,
    result: CrossValidation,
    *,
    name: str,
    seed: int,
    command: str,
    seconds: float,
) -> None:
    """Write a run's own files: configuration, folds, predictions and training times.

    Parameters
    ----------
    folder
        Where.
    cohort, dataset, specs, folds, result
        What was run and what came out.
    name
        The run's name.
    seed
        Of folds and heads.
    command
        The command line that repeats the run.
    seconds
        How long cross-validation took.
    """
    (folder / TRAINING_NAME).parent.mkdir(parents=True, exist_ok=True)
    write_folds(folder / FOLDS_NAME, folds, dataset.patients())
    write_predictions(folder / PREDICTIONS_NAME, result.predictions)
    result.training.to_csv(
        folder / TRAINING_NAME, index=False, lineterminator="\n", encoding="utf-8"
    )
    head, *more_heads = {model.head.name: model.head for model in result.models}.values()
    config = {
        "run": {
            "name": name,
            "command": command,
            "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "lusscore": __version__,
            "seconds": round(seconds, 2),
            "notes": list(result.notes),
        },
        "versions": _versions(),
        "cohort": _describe_cohort(cohort, dataset),
        "cross_validation": {
            "folds": folds.count,
            "repeats": len(folds.repeats),
            "seed": seed,
        },
        "models": [model.name for model in result.models],
        "head": {"name": head.name, **head.settings},
        "more_heads": [{"name": other.name, **other.settings} for other in more_heads],
        "backbones": [_describe_backbone(spec, dataset) for spec in specs],
    }
    (folder / CONFIG_NAME).write_text(tomlkit.dumps(config), encoding="utf-8")


def _versions() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        **{package: version(package) for package in _RECORDED_PACKAGES},
        "platform": f"{platform.system()} {platform.machine()}",
    }


def _describe_cohort(cohort: Cohort, dataset: Dataset) -> dict[str, Any]:
    card = cohort.card
    frames = dataset.frames
    groups = frames.drop_duplicates("patient")["group"]
    manifest = (cohort.folder / MANIFEST_NAME).read_bytes()
    return {
        **{
            key: getattr(card, key)
            for key in (
                "name", "protocol", "rubric", "licence", "citation", "source", "description",
                "label_level", "synthetic",
            )
        },
        "manifest_digest": hashlib.sha256(manifest).hexdigest(),
        "patients": int(frames["patient"].nunique()),
        "exams": len(frames[["patient", "exam"]].drop_duplicates()),
        "clips": int(frames["clip"].nunique()),
        "frames": len(frames),
        "groups": {group or "unknown": n for group, n in sorted(Counter(groups).items())},
        "skipped_clips": [
            {"clip": clip, "error": error} for clip, error in dataset.skipped.items()
        ],
        "extraction": card.extraction.as_table(),
    }  # fmt: skip


def _describe_backbone(spec: BackboneSpec, dataset: Dataset) -> Mapping[str, Any]:
    features = dataset.features[spec.name]
    described = {
        "name": spec.name,
        "input_size": list(spec.input_size),
        "preprocessing": spec.preprocessing,
        "embedding_size": spec.embedding_size,
        "parameters": spec.parameters,
        "flops": spec.flops,
        "weights_digest": features.attrs["weights_digest"],
        "engine": features.attrs["engine"],
        "precision": features.parts.get("precision"),
        "fingerprint": features.attrs["fingerprint"],
        "frames": len(dataset.rows[spec.name]),
        "variants": features.embeddings.shape[1] - 1,
    }
    return {key: value for key, value in described.items() if value is not None}
