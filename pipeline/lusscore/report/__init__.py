"""Figures and HTML reports of runs and of scored exams."""

from lusscore.report.exam_page import exam_page, model_performance
from lusscore.report.exams import lay_out
from lusscore.report.figures import draw_figure
from lusscore.report.write import write_report

__all__ = [
    "draw_figure",
    "exam_page",
    "lay_out",
    "model_performance",
    "write_report",
]
