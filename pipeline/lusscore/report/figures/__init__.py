"""The report's figures: one file each, drawn from a run's tables."""

from lusscore.report.figures.bland_altman import draw_bland_altman
from lusscore.report.figures.confusion import draw_confusion
from lusscore.report.figures.coverage import draw_coverage
from lusscore.report.figures.global_score import draw_global_score
from lusscore.report.figures.intervals import draw_intervals
from lusscore.report.figures.reliability import draw_reliability
from lusscore.report.figures.roc import draw_roc
from lusscore.report.figures.zone_accuracy import draw_zone_accuracy

__all__ = [
    "draw_bland_altman",
    "draw_confusion",
    "draw_coverage",
    "draw_global_score",
    "draw_intervals",
    "draw_reliability",
    "draw_roc",
    "draw_zone_accuracy",
]
