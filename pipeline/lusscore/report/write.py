"""From a run folder to its report."""

from __future__ import annotations

from pathlib import Path

from lusscore.evaluation import REPORT_NAME
from lusscore.files import write_text
from lusscore.report.canvas import MODELS_DRAWN
from lusscore.report.figure_set import save_figures
from lusscore.report.model_names import model_labels
from lusscore.report.page import render_page
from lusscore.report.paper import CITATION, DATA
from lusscore.report.run_files import RunFiles, read_run_files
from lusscore.report.sections.calibration import calibration
from lusscore.report.sections.comparison import comparison
from lusscore.report.sections.coverage import coverage
from lusscore.report.sections.data_flow import data_flow
from lusscore.report.sections.exams import exams
from lusscore.report.sections.folds import folds
from lusscore.report.sections.limits import limits
from lusscore.report.sections.provenance import provenance
from lusscore.report.sections.reporting_items import reporting_items, write_reporting_items
from lusscore.report.sections.results import (
    COLUMNS,
    FURTHER,
    absent_scores,
    further_results,
    has_published,
    results,
    score_rows,
)
from lusscore.report.sections.rules import COLUMNS as RULE_COLUMNS
from lusscore.report.sections.rules import rules
from lusscore.report.sections.selection import selections
from lusscore.report.sections.summary import summarise
from lusscore.report.sections.zones import zones


def write_report(folder: Path) -> Path:
    """Render a run's figures and report from its files alone; nothing is computed anew.

    Writes ``figures/*.png``, ``figures/*.svg``, ``tables/reporting_items.csv`` and
    ``report.html``. The same files give the same
    bytes.

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
    content = {
        "config": run.config,
        "metrics": run.metrics,
        "protocol": run.protocol,
        "level": run.level,
        "models": run.models,
        "drawn": run.models[:MODELS_DRAWN],
        "crowd": _crowd(run),
        "labels": labels,
        "summary": summarise(run, labels),
        "results": results(run, labels),
        "absent": absent_scores(run),
        "columns": list(COLUMNS.values()),
        "further": further_results(run, labels),
        "further_columns": list(FURTHER.values()),
        "calibration": calibration(run, labels),
        "coverage": coverage(run, labels),
        "rules": rules(run, labels),
        "rule_columns": list(RULE_COLUMNS.values()),
        "published": has_published(run),
        "paper": {"citation": CITATION, "data": DATA},
        "scores": score_rows(run, labels, "frame"),
        "zones": zones(run),
        "overview": exams(run),
        "comparison": comparison(run, labels),
        "selection": selections(run, labels),
        "data_flow": data_flow(run),
        "folds": folds(run, labels),
        "provenance": provenance(run),
        "limits": limits(run),
        "reporting": reporting,
    }
    page = render_page(content, save_figures(run, folder / "figures", labels))
    write_reporting_items(folder, reporting)
    path = folder / REPORT_NAME
    write_text(path, page)
    return path


def _crowd(run: RunFiles) -> str:
    """Say that figures have no room for all models."""
    number = len(run.models)
    if number <= MODELS_DRAWN:
        return ""
    return f"Shown: the first {MODELS_DRAWN} of {number} models; tables have all."
