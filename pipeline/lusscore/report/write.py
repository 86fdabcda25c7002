"""From a run folder to its report."""

from __future__ import annotations

from pathlib import Path

from lusscore.evaluation import REPORT_NAME
from lusscore.files import write_text
from lusscore.report.calibration import calibration, coverage
from lusscore.report.canvas import MODELS_DRAWN
from lusscore.report.checklists import reporting_items, write_reporting_items
from lusscore.report.comparison import comparison
from lusscore.report.exams import exams, zones
from lusscore.report.figures import save_figures
from lusscore.report.page import render_page
from lusscore.report.provenance import data_flow, folds, limits, provenance
from lusscore.report.results import (
    CITATION,
    COLUMNS,
    DATA,
    FURTHER,
    RULE_COLUMNS,
    absent_scores,
    published,
    results,
    rules,
    score_rows,
    selection,
)
from lusscore.report.run_files import model_labels, read_run_files
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
    crowd = f"Shown: the first {MODELS_DRAWN} of {len(run.models)} models; tables have all."
    page = render_page(
        "report.html.j2",
        styles=("report.css",),
        script="report.js",
        config=run.config,
        metrics=run.metrics,
        protocol=run.protocol,
        level=run.level,
        drawn=run.models[:MODELS_DRAWN],
        crowd=crowd if len(run.models) > MODELS_DRAWN else "",
        labels=labels,
        summary=summarise(run, labels),
        results=results(run, labels),
        absent=absent_scores(run),
        columns=list(COLUMNS.values()),
        further=results(run, labels, FURTHER),
        further_columns=list(FURTHER.values()),
        calibration=calibration(run, labels),
        coverage=coverage(run, labels),
        rules=rules(run, labels),
        rule_columns=list(RULE_COLUMNS.values()),
        published=bool(published(run)),
        paper={"citation": CITATION, "data": DATA},
        scores=score_rows(run, labels, "frame"),
        zones=zones(run),
        overview=exams(run),
        comparison=comparison(run, labels),
        selection=selection(run, labels),
        data_flow=data_flow(run),
        folds=folds(run, labels),
        provenance=provenance(run),
        limits=limits(run),
        reporting=reporting,
        figures=save_figures(run, folder / "figures", labels),
    )
    write_reporting_items(folder, reporting)
    path = folder / REPORT_NAME
    write_text(path, page)
    return path
