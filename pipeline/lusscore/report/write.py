"""From a run folder to its report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lusscore.evaluation import CLASS_METRICS, REPORT_NAME
from lusscore.files import write_text
from lusscore.report.calibration import calibration, left_out_scores
from lusscore.report.canvas import MODELS_DRAWN
from lusscore.report.checklists import (
    CITATIONS,
    count_items,
    reporting_items,
    write_reporting_items,
)
from lusscore.report.comparison import comparison
from lusscore.report.exams import exams, lay_out, zones
from lusscore.report.figures import save_figures
from lusscore.report.page import render_page
from lusscore.report.provenance import (
    cards,
    data_flow,
    entries,
    fold_sizes,
    folds,
    limits,
    readable_time,
    validation,
)
from lusscore.report.results import (
    CITATION,
    COLUMNS,
    DATA,
    FURTHER,
    absent_scores,
    levels,
    published,
    rules,
    selection,
    training_times,
)
from lusscore.report.run_files import METRIC_NAMES, RunFiles, model_labels, read_run_files
from lusscore.report.summary import summarise


def write_report(folder: Path) -> Path:
    """Render a run's figures and report from its files alone; nothing is computed anew.

    Writes ``figures/*.png``, ``figures/*.svg``, ``tables/reporting_items.csv`` and
    ``report.html``. The same files give the same bytes.

    Parameters
    ----------
    folder
        A run folder that :func:`lusscore.evaluation.evaluate_run` has been through.

    Returns
    -------
    Path
        The report.

    Raises
    ------
    RunError
        If `folder` is no run folder or a file is missing or damaged.
    """
    run = read_run_files(folder)
    labels = model_labels(run.models)
    reporting = reporting_items(run)
    page = render_page(
        "report.html.j2",
        styles=("report.css",),
        script="report.js",
        **_content(run, labels),
        reporting=reporting,
        figures=save_figures(run, folder / "figures", labels),
    )
    write_reporting_items(folder, reporting)
    path = folder / REPORT_NAME
    write_text(path, page)
    return path


def _content(run: RunFiles, labels: Mapping[str, str]) -> dict[str, Any]:
    """Gather what the templates show beside figures and checklists."""
    crowd = f"Shown: the first {MODELS_DRAWN} of {len(run.models)} models; tables have all."
    return {
        "config": run.config,
        "metrics": run.metrics,
        "protocol": run.protocol,
        "level": run.level,
        "models": run.models,
        "drawn": run.models[:MODELS_DRAWN],
        "crowd": crowd if len(run.models) > MODELS_DRAWN else "",
        "labels": labels,
        "summary": summarise(run, labels),
        "metric_names": METRIC_NAMES,
        "levels": levels(run),
        "absent": absent_scores(run),
        "columns": COLUMNS,
        "further_columns": FURTHER,
        "class_metrics": CLASS_METRICS,
        "training_times": training_times(run),
        "published": published(run),
        "paper": {"citation": CITATION, "data": DATA},
        "calibration": calibration(run, labels),
        "left_out_scores": left_out_scores(run, labels),
        "rules": rules(run, labels),
        "zones": zones(run),
        "exams": exams(run),
        "places": lay_out(run.protocol),
        "comparison": comparison(run, labels),
        "selection": selection(run, labels),
        "data_flow": data_flow(run),
        "fold_sizes": fold_sizes(run),
        "folds": folds(run),
        "groups": run.folds["group"].unique(),
        "command": run.command,
        "created": readable_time(run.config.run.created),
        "cards": cards(run),
        "validation": validation(run.config),
        "entries_of": entries,
        "limits": limits(run),
        "citations": CITATIONS,
        "count_items": count_items,
    }
