"""Figures and the HTML report of a run."""

from lusscore.report.write import REPORT_NAME, write_report

__all__ = ["REPORT_NAME", "write_report"]
