"""Figures and the HTML report of a run."""

from lusscore.report.chest_map import lay_out
from lusscore.report.exam import exam_page, model_performance
from lusscore.report.figure_set import draw_figure
from lusscore.report.write import write_report

__all__ = [
    "draw_figure",
    "exam_page",
    "lay_out",
    "model_performance",
    "write_report",
]
