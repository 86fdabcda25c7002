"""The report of one scored exam."""

from lusscore.report.exam.page import exam_page
from lusscore.report.exam.performance import model_performance

__all__ = ["exam_page", "model_performance"]
