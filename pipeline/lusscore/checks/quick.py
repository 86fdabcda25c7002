"""The cheap part of the checks, for commands that check by the way."""

from __future__ import annotations

from collections.abc import Mapping

from lusscore.checks import rules  # noqa: F401 - importing registers the checks
from lusscore.checks.finding import Finding
from lusscore.checks.inspect import inspect_manifest
from lusscore.checks.registry import run_checks
from lusscore.cohort import Cohort


def quick_findings(cohort: Cohort, digests: Mapping[str, str] | None = None) -> list[Finding]:
    """Check labels, balance, groups, patients, zones and raters without opening a clip.

    Parameters
    ----------
    cohort
        The cohort.
    digests
        SHA-256 of clips' media bytes by clip, where they are known, e.g. from a feature file:
        then clips that are there twice are found too.

    Returns
    -------
    list of Finding
        Errors first.
    """
    return run_checks(inspect_manifest(cohort, digests), "manifest")
