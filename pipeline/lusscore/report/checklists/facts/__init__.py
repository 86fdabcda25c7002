"""What a run knows of itself, told for checklists; modules register their facts."""

from lusscore.report.checklists.facts import (
    data,
    division,
    measures,
    missing,
    model,
    performance,
    software,
    truth,
)

__all__ = ["data", "division", "measures", "missing", "model", "performance", "software", "truth"]
