"""Cross-validation runs side by side."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lusscore.errors import RunError
from lusscore.evaluation import (
    CONFIG_NAME,
    REPORT_NAME,
    CohortTable,
    RunConfig,
    read_config,
    read_metrics,
)
from lusscore.web.guards import Refusal

_MEASURES = {
    "kappa": "quadratic_kappa",
    "macro_f1": "macro_f1",
    "accuracy": "accuracy",
    "roc_auc": "macro_auc",
}
_LEVELS = ("clip", "frame")


class Runs:
    """The runs of a folder: ``<cohort>/<run>/``.

    Parameters
    ----------
    results_dir
        The folder.
    """

    def __init__(self, results_dir: Path) -> None:
        self.results_dir = results_dir

    def folders(self) -> dict[str, Path]:
        """Find the run folders, by ``<cohort>/<run>``."""
        if not self.results_dir.is_dir():
            return {}
        found = sorted(path.parent for path in self.results_dir.glob(f"*/*/{CONFIG_NAME}"))
        return {f"{folder.parent.name}/{folder.name}": folder for folder in found}

    def overview(self) -> list[dict[str, Any]]:
        """Tell of each run what was run and what came out, the latest first."""
        told = [_told(name, folder) for name, folder in self.folders().items()]
        return sorted(told, key=lambda run: str(run["created"]), reverse=True)

    def report(self, cohort: str, run: str) -> Path:
        """Return a run's report; only runs that were found in the folder lead anywhere.

        Raises
        ------
        Refusal
            If there is no such run, or it has no report.
        """
        folder = self.folders().get(f"{cohort}/{run}")
        if folder is None or not (folder / REPORT_NAME).is_file():
            raise Refusal(404, "There is no such report; make it with 'lusscore report'.")
        return folder / REPORT_NAME


def _told(name: str, folder: Path) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": name,
        "cohort": folder.parent.name,
        "name": folder.name,
        "created": "",
        "protocol": "",
        "scheme": "",
        "patients": None,
        "clips": None,
        "level": "",
        "held_out": None,
        "comparable": name,
        "models": [],
        "has_report": (folder / REPORT_NAME).is_file(),
        "problem": "",
    }
    try:
        config = read_config(folder)
        metrics = read_metrics(folder)
        told = entry | _facts(config) | _models(metrics)
        rows = told.pop("rows")
        told["held_out"] = rows // config.cross_validation.repeats
        return told | {"comparable": _comparable(told, config.cohort)}
    except (RunError, OSError):
        return entry | {
            "problem": "It is not finished, its files are damaged, or another version of lusscore "
            "made it; run it again."
        }


def _facts(config: RunConfig) -> dict[str, Any]:
    cohort, division = config.cohort, config.cross_validation
    repeats = division.repeats
    scheme = f"{division.folds} folds by patient"
    if division.leave_out:
        scheme = f"one {division.leave_out} left out at a time"
    return {
        "created": config.run.created,
        "protocol": cohort.protocol,
        "scheme": scheme if repeats == 1 else f"{scheme}, {repeats} times",
        "patients": cohort.patients,
        "clips": cohort.clips,
        "synthetic": cohort.synthetic,
    }


def _models(metrics: Mapping[str, Any]) -> dict[str, Any]:
    levels = metrics["levels"]
    level = next(each for each in _LEVELS if levels.get(each))
    return {
        "level": level,
        "rows": next(iter(levels[level].values()))["rows"],
        "models": [
            {
                "name": model,
                "baseline": model == metrics["baseline"],
                "metrics": {key: _value(entry, name) for key, name in _MEASURES.items()},
            }
            for model, entry in levels[level].items()
        ],
    }


def _comparable(told: Mapping[str, Any], cohort: CohortTable) -> str:
    """Return what runs share whose held-out rows are the same ones, as far as they record it."""
    skipped = sorted(each.clip for each in cohort.skipped_clips)
    same = [told["cohort"], cohort.manifest_digest, told["level"], told["held_out"], skipped]
    return hashlib.sha256(json.dumps(same).encode()).hexdigest()[:12]


def _value(entry: Mapping[str, Any], name: str) -> list[float | None] | None:
    """Return value and interval over all held-out rows; None where it is not defined."""
    value = entry["pooled"].get(name)
    if value is None or not math.isfinite(value):
        return None
    low, high = entry["interval"].get(name) or (None, None)
    return [value, low, high]
