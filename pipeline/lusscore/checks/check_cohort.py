"""Everything that can be said of a cohort before anything is computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lusscore.checks import rules  # noqa: F401 - importing registers the checks
from lusscore.checks.agreement import Agreement, measure_agreement
from lusscore.checks.finding import Finding, in_order
from lusscore.checks.inspect import Progress, inspect_frames, inspect_headers
from lusscore.checks.inspection import Inspection
from lusscore.checks.invalid import findings_of
from lusscore.checks.registry import run_checks
from lusscore.checks.summary import summarise
from lusscore.cohort import Cohort
from lusscore.errors import InvalidCohortError


@dataclass(frozen=True)
class Verdict:
    """What a check of a cohort came to.

    Attributes
    ----------
    name
        Of the cohort, or of its folder where its card cannot be used.
    findings
        Errors first.
    summary
        Counts; empty where the cohort cannot be read.
    agreement
        Of raters.
    inspection
        What the findings rest on; None where the cohort cannot be read.
    """

    name: str
    findings: tuple[Finding, ...]
    summary: dict[str, Any] = field(default_factory=dict)
    agreement: Agreement = field(default_factory=lambda: measure_agreement(()))
    inspection: Inspection | None = None

    def count(self, level: str) -> int:
        """Count the findings of one level."""
        return sum(1 for finding in self.findings if finding.level == level)

    def as_json(self) -> dict[str, Any]:
        """Return summary, findings and agreement as plain JSON values."""
        return {
            "summary": self.summary,
            "findings": [asdict(finding) for finding in self.findings],
            "agreement": asdict(self.agreement),
        }


def check_cohort(
    name: str,
    read: Callable[[bool], Cohort],
    features_dir: Path | None = None,
    *,
    pictures: bool = False,
    counting: Progress | None = None,
    looking: Progress | None = None,
) -> Verdict:
    """Check a cohort.

    Parameters
    ----------
    name
        What to call it if it cannot be read.
    read
        Reads it; takes whether every clip must be there. A manifest whose only fault is clips
        that are not there is checked all the same.
    features_dir
        Folder of all feature files, where stage one remembers clips. None for a quick check,
        which decodes no clip.
    pictures
        Whether to keep a picture of every clip.
    counting, looking
        Called with (clips done, clips in all) of each of two passes over the clips.

    Raises
    ------
    CohortError
        If there is no cohort, or its card or manifest cannot be read at all.
    """
    invalid: list[Finding] = []
    try:
        cohort = read(True)
    except InvalidCohortError as error:
        invalid = findings_of(error)
        try:
            cohort = read(False)
        except InvalidCohortError:
            return Verdict(name, tuple(invalid))
    if features_dir is None:
        inspection = inspect_headers(cohort, looking)
    else:
        inspection = inspect_frames(
            cohort, features_dir, pictures=pictures, counting=counting, looking=looking
        )
    findings = run_checks(inspection, "headers" if features_dir is None else "frames")
    return Verdict(
        cohort.name,
        tuple(in_order([*invalid, *findings])),
        summarise(inspection),
        inspection.agreement,
        inspection,
    )
