"""Cross-validation runs side by side."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lusscore.errors import RunError
from lusscore.evaluation import CONFIG_NAME, REPORT_NAME, read_config, read_metrics
from lusscore.web.guards import Refusal
from lusscore.web.views import fields

_MEASURES = {
    "kappa": "quadratic_kappa",
    "macro_f1": "macro_f1",
    "accuracy": "accuracy",
    "roc_auc": "macro_auc",
}


class Runs:
    """The runs of a folder: ``<cohort>/<run>/``."""

    def __init__(self, results_dir: Path) -> None:
        self.results_dir = results_dir

    def folders(self) -> dict[str, Path]:
        """Find the run folders, by ``<cohort>/<run>``."""
        found = sorted(path.parent for path in self.results_dir.glob(f"*/*/{CONFIG_NAME}"))
        return {f"{folder.parent.name}/{folder.name}": folder for folder in found}

    def overview(self) -> list[dict[str, Any]]:
        """Describe each run and its results, the latest first."""
        entries = [_entry(name, folder) for name, folder in self.folders().items()]
        return sorted(entries, key=lambda run: str(run["created"]), reverse=True)

    def report(self, cohort: str, run: str) -> Path:
        """Return a run's report; only runs that were found in the folder lead anywhere."""
        folder = self.folders().get(f"{cohort}/{run}")
        if folder is None or not (folder / REPORT_NAME).is_file():
            raise Refusal(404, "There is no such report; make it with 'lusscore report'.")
        return folder / REPORT_NAME


def _entry(name: str, folder: Path) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": name, "cohort": folder.parent.name, "name": folder.name, "created": "",
        "protocol": "", "scheme": "", "patients": None, "clips": None, "level": "",
        "held_out": None, "comparable": name, "models": [],
        "has_report": (folder / REPORT_NAME).is_file(), "problem": "",
    }  # fmt: skip
    try:
        return entry | _results(folder)
    except (RunError, OSError):
        return entry | {
            "problem": "It is not finished, its files are damaged, or another version of lusscore "
            "made it; run it again."
        }


def _results(folder: Path) -> dict[str, Any]:
    config, metrics = read_config(folder), read_metrics(folder)
    cohort, splits = config.cohort, config.cross_validation
    scheme = f"{splits.folds} folds by patient"
    if splits.leave_out:
        scheme = f"one {splits.leave_out} left out at a time"
    level = next(each for each in ("clip", "frame") if metrics["levels"].get(each))
    models = metrics["levels"][level]
    held_out = next(iter(models.values()))["rows"] // splits.repeats
    # runs that share this have the same held-out rows, as far as they record it
    skipped = sorted(each.clip for each in cohort.skipped_clips)
    same = [folder.parent.name, cohort.manifest_digest, level, held_out, skipped]
    return {
        "created": config.run.created,
        **fields(cohort, "protocol", "patients", "clips", "synthetic"),
        "scheme": scheme if splits.repeats == 1 else f"{scheme}, {splits.repeats} times",
        "level": level,
        "held_out": held_out,
        "comparable": hashlib.sha256(json.dumps(same).encode()).hexdigest()[:12],
        "models": [
            {
                "name": model,
                "baseline": model == metrics["baseline"],
                "metrics": {key: _value(results, metric) for key, metric in _MEASURES.items()},
            }
            for model, results in models.items()
        ],
    }


def _value(results: Mapping[str, Any], metric: str) -> list[float | None] | None:
    """Return value and interval over all held-out rows; None where it is not defined."""
    value = results["pooled"].get(metric)
    if value is None or not math.isfinite(value):
        return None
    low, high = results["interval"].get(metric) or (None, None)
    return [value, low, high]
