"""What a run knows of itself, told for checklists; modules register their facts."""

from lusscore.report.checklists.facts import (
    data,
    division,
    heads,
    inputs,
    measures,
    missing,
    performance,
    predictions,
    software,
    truth,
)

__all__ = [
    "data",
    "division",
    "heads",
    "inputs",
    "measures",
    "missing",
    "performance",
    "predictions",
    "software",
    "truth",
]
