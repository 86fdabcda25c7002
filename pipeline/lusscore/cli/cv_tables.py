"""What ``lusscore cv`` prints of a finished run: the numbers that a reader looks for first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lusscore.console import print_table

_POOLED = {
    "accuracy": "accuracy",
    "macro_f1": "macro-F1",
    "macro_auc": "ROC-AUC",
    "quadratic_kappa": "quadratic kappa",
    "mean_absolute_error": "mean abs. error",
    "calibration_error": "calibration error",
}
_PAPER = {
    "accuracy": "accuracy",
    "macro_precision": "macro-precision",
    "macro_recall": "macro-recall",
    "macro_auc": "ROC-AUC",
    "quadratic_kappa": "quadratic kappa",
}
_EXAMS = {
    "mean_absolute_error": "mean abs. error",
    "mean_error": "mean error",
    "icc": "ICC(A,1)",
    "rank_correlation": "rank correlation",
}


def print_results(metrics: Mapping[str, Any], *, external: bool) -> None:
    """Print the level that the labels support, the paper's table of frames, and global scores.

    Parameters
    ----------
    metrics
        ``metrics.json``.
    external
        Whether the heads were trained on other cohorts.
    """
    from lusscore.evaluation import supported_level

    level = supported_level(metrics)
    whose = "Clips of the cohort tested on" if external else "Held-out clips"
    whose = whose.replace("clips", f"{level}s").replace("Clips", f"{level.capitalize()}s")
    print_table(
        f"{whose}, pooled, with 95 % intervals over patients{_weak(metrics, level)}",
        ("model", *(f">{name}" for name in _POOLED.values())),
        [
            (model, *_with_intervals(entry["pooled"], entry.get("interval", {}), _POOLED))
            for model, entry in metrics["levels"][level].items()
        ],
    )
    if not external:
        print_table(
            f"Held-out frames, mean ± standard deviation over folds{_weak(metrics, 'frame')}",
            ("model", *(f">{name}" for name in _PAPER.values())),
            [
                (model, *(_mean_and_spread(entry["mean"][key], entry["sd"][key]) for key in _PAPER))
                for model, entry in metrics["levels"]["frame"].items()
            ],
        )
    if metrics["exams"]:
        print_table(
            "Global scores of exams, in points, with 95 % intervals over patients",
            ("model", *(f">{name}" for name in _EXAMS.values())),
            [
                (model, *_with_intervals(entry["pooled"], entry["interval"], _EXAMS))
                for model, entry in metrics["exams"].items()
            ],
        )


def _weak(metrics: Mapping[str, Any], level: str) -> str:
    given = metrics["label_level"]
    return "" if level == given else f" (weak labels: one score per {given})"


def _with_intervals(
    pooled: Mapping[str, float | None],
    intervals: Mapping[str, Sequence[float] | None],
    names: Mapping[str, str],
) -> list[str]:
    cells = []
    for name in names:
        value, ends = pooled[name], intervals.get(name)
        told = "n/a" if value is None else f"{value:.3f}"
        cells.append(told if ends is None else f"{told}\n{ends[0]:.2f} to {ends[1]:.2f}")
    return cells


def _mean_and_spread(mean: float | None, spread: float | None) -> str:
    if mean is None:
        return "n/a"
    return f"{mean:.3f}" if spread is None else f"{mean:.3f} ± {spread:.3f}"
