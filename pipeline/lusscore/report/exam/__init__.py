"""The report of one scored exam."""

from lusscore.report.exam.page import exam_page

__all__ = ["exam_page"]
