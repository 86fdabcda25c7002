"""All files of a run that its report is made from, and what its models are called."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

import pandas as pd

from lusscore.cohort import Protocol, get_protocol
from lusscore.errors import RunError
from lusscore.evaluation import (
    BASELINE,
    SELECTION_NAME,
    RunConfig,
    read_config,
    read_metrics,
    supported_level,
)

METRIC_NAMES = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "macro_precision": "Macro-precision",
    "macro_recall": "Macro-recall (balanced accuracy)",
    "macro_f1": "Macro-F1",
    "macro_auc": "Macro ROC-AUC",
    "macro_pr_auc": "Macro PR-AUC",
    "quadratic_kappa": "Quadratic kappa",
    "within_one": "Within one score",
    "mean_absolute_error": "Mean absolute error ↓",
    "brier": "Brier score ↓",
    "calibration_error": "Calibration error ↓",
}
_NAMES = ("model", "patient", "exam", "zone", "clip", "group")
_BACKBONES = {
    "xception": "Xception",
    "resnet50": "ResNet50",
    "vgg16": "VGG16",
    "efficientnet_lite0": "EfficientNet-Lite0",
    "selected": "Selected in each fold",
}


@dataclass(frozen=True)
class RunFiles:
    """A run as read from disk.

    Attributes
    ----------
    config
        ``config.toml``.
    protocol
        The cohort's protocol.
    metrics
        ``metrics.json``.
    folds, training, clips, zones, exams, zone_accuracy, roc
        The tables of these names; names are text, all else is numbers.
    selection
        ``tables/selection.csv``, all text; None where nothing was selected inside folds.
    """

    config: RunConfig
    protocol: Protocol
    metrics: Mapping[str, Any]
    folds: pd.DataFrame
    training: pd.DataFrame
    clips: pd.DataFrame
    zones: pd.DataFrame
    exams: pd.DataFrame
    zone_accuracy: pd.DataFrame
    roc: pd.DataFrame
    selection: pd.DataFrame | None = None

    @property
    def models(self) -> list[str]:
        """Models without the baseline, in the order of the command, the paper's head first."""
        return list(self.metrics["models"])

    @property
    def baseline(self) -> str:
        """The majority-class baseline."""
        return str(self.metrics["baseline"])

    @property
    def command(self) -> str:
        """The command that made the run; of absolute paths the last part alone."""
        return " ".join(map(_last_part, shlex.split(self.config.run.command)))

    @property
    def level(self) -> str:
        """The level that sums the run up: that of the labels, but clips where no zone is known."""
        return supported_level(self.metrics)

    @property
    def entries(self) -> Mapping[str, Any]:
        """Metrics of every model and the baseline at that level."""
        entries: Mapping[str, Any] = self.metrics["levels"][self.level]
        return entries

    @property
    def first_clips(self) -> pd.DataFrame:
        """Rows of ``clips.csv`` with every clip once: first model, first repeat."""
        mine = self.clips[self.clips["model"] == self.models[0]]
        first: pd.DataFrame = mine[mine["repeat"] == mine["repeat"].min()]
        return first


def read_run_files(folder: Path) -> RunFiles:
    """Read what cross-validation and :func:`lusscore.evaluation.evaluate_run` have written.

    Raises
    ------
    RunError
        If `folder` is no run folder, or a file is missing or damaged; the file is named.
    """
    config = read_config(folder)
    chosen = folder / SELECTION_NAME
    return RunFiles(
        config=config,
        protocol=get_protocol(config.cohort.protocol),
        metrics=read_metrics(folder),
        folds=_read_table(folder / "folds.csv"),
        training=_read_table(folder / "tables" / "training.csv"),
        clips=_read_table(folder / "clips.csv"),
        zones=_read_table(folder / "zones.csv"),
        exams=_read_table(folder / "exams.csv"),
        zone_accuracy=_read_table(folder / "tables" / "zone_accuracy.csv"),
        roc=_read_table(folder / "tables" / "roc.csv"),
        selection=_read_table(chosen, str) if chosen.exists() else None,
    )


def _read_table(path: Path, dtype: Any = None) -> pd.DataFrame:
    dtype = dtype or dict.fromkeys(_NAMES, str)
    try:
        # only empty cells are undefined: a patient may be called "NA"
        return pd.read_csv(path, dtype=dtype, keep_default_na=False, encoding="utf-8")
    except FileNotFoundError:
        raise RunError(
            f"the run lacks {path.name}, from which the report is made; expected the folder of a "
            "finished run",
            advice="run 'lusscore cv' again",
            path=path.parent,
        ) from None
    except ValueError as error:
        raise RunError(
            f"it is not a table ({error})", advice="run 'lusscore cv' again", path=path
        ) from None


def _last_part(word: str) -> str:
    """Return what a report shows of a word: folders of this machine may be named after people."""
    option, equals, value = word.rpartition("=")
    # Windows' rules know both kinds of slashes, and drives
    path = PureWindowsPath(value)
    inside = not path.anchor and ".." not in path.parts and not value.startswith("~")
    return shlex.quote(word) if inside else f"{option}{equals}…/{shlex.quote(path.name)}"


def backbone_label(name: str) -> str:
    """Name a set of features, such as ``"xception[16.mean+32.top]"``, as a person would."""
    backbone, bracket, levels = name.partition("[")
    label = _BACKBONES.get(backbone, backbone)
    return f"{label} [{levels.replace('+', ' + ')}" if bracket else label


def model_labels(models: Sequence[str]) -> dict[str, str]:
    """Name models like ``"xception/softmax"``, and the baseline: by head only if heads differ."""
    one_head = len({model.partition("/")[2] for model in models}) <= 1
    labels = {BASELINE: "Majority baseline"}
    for model in models:
        backbone, _, head = model.partition("/")
        label = backbone_label(backbone)
        labels[model] = label if one_head or not head else f"{label} · {head}"
    return labels
