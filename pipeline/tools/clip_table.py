"""Prints runs as rows of a Markdown table: clips, pooled, with intervals over patients.

    python pipeline/tools/clip_table.py results/covid-blues/*

Each run gives a row per model, the baseline aside, named by run and model. What was changed between
runs is for the reader to say.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

METRICS = {
    "accuracy": "accuracy",
    "macro_f1": "macro-F1",
    "quadratic_kappa": "quadratic kappa",
    "macro_auc": "ROC-AUC",
    "mean_absolute_error": "MAE",
}


def rows(run: Path) -> list[str]:
    """One row per model of a run folder."""
    metrics = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    told = []
    for model in metrics["models"]:
        entry = metrics["levels"]["clip"][model]
        cells = [
            f"{entry['pooled'][name]:.3f} [{entry['interval'][name][0]:.3f}, "
            f"{entry['interval'][name][1]:.3f}]"
            for name in METRICS
        ]
        told.append(f"| {run.name} | {model} | {' | '.join(cells)} |")
    return told


if __name__ == "__main__":
    print(f"| run | model | {' | '.join(METRICS.values())} |")
    print("|---|---|" + "---|" * len(METRICS))
    for folder in sys.argv[1:]:
        print("\n".join(rows(Path(folder))))
