"""Everything that can be said of a cohort before anything is computed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from lusscore.checks import rules  # noqa: F401 - importing registers the checks
from lusscore.checks.agreement import Agreement, measure_agreement
from lusscore.checks.findings import Finding, in_order, run_checks
from lusscore.checks.inspection import (
    Inspection,
    Progress,
    inspect_frames,
    inspect_headers,
    inspect_manifest,
)
from lusscore.cohort import CARD_NAME, MANIFEST_NAME, MAXIMUM_ZONE_SCORE, Cohort
from lusscore.errors import InvalidCohortError


@dataclass(frozen=True)
class Verdict:
    """What a check of a cohort found; the last three are empty where it cannot be read."""

    name: str  # of the cohort, or of its folder where its card cannot be used
    findings: tuple[Finding, ...]  # errors first
    summary: dict[str, Any] = field(default_factory=dict)
    agreement: Agreement = field(default_factory=lambda: measure_agreement(()))
    inspection: Inspection | None = None  # what the findings rest on

    def count(self, level: str) -> int:
        """Count the findings of one level."""
        return sum(finding.level == level for finding in self.findings)

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
        Reads it, or raises CohortError; takes whether every clip must be there. A manifest whose
        only fault is clips that are not there is checked all the same.
    features_dir
        Where stage one remembers clips. None for a quick check, which decodes no clip.
    pictures
        Whether to keep a picture of every clip.
    counting, looking
        Called with (clips done, clips in all) of each of two passes over the clips.
    """
    invalid: list[Finding] = []
    try:
        cohort = read(True)
    except InvalidCohortError as error:
        invalid = _invalid(error)
        try:
            cohort = read(False)
        except InvalidCohortError:
            return Verdict(name, tuple(invalid))
    if features_dir is None:
        inspection = inspect_headers(cohort, looking)
        findings = run_checks(inspection, "headers")
    else:
        inspection = inspect_frames(
            cohort, features_dir, pictures=pictures, counting=counting, looking=looking
        )
        findings = run_checks(inspection, "frames")
    return Verdict(
        cohort.name,
        tuple(in_order([*invalid, *findings])),
        _summary(inspection),
        inspection.agreement,
        inspection,
    )


def quick_findings(cohort: Cohort, digests: Mapping[str, str] | None = None) -> list[Finding]:
    """Check labels, balance, groups, patients, zones and raters without opening a clip.

    Where digests (SHA-256 of clips' media bytes) are known, e.g. from a feature file, clips that
    are there twice are found too. Errors come first.
    """
    return run_checks(inspect_manifest(cohort, digests), "manifest")


def _invalid(error: InvalidCohortError) -> list[Finding]:
    """Turn each problem of a card or manifest into a finding."""
    name = Path(error.path or MANIFEST_NAME).name
    return [
        Finding(
            "error",
            "invalid-card" if name == CARD_NAME else "invalid-manifest",
            f"{problem.what.rstrip('.')}.",
            (problem.where,),
            f"Correct it in {name}.",
            ((problem.clip,),) if problem.clip else (),
        )
        for problem in error.problems
    ]


def _summary(inspection: Inspection) -> dict[str, Any]:
    """Count patients, exams, clips, segments, scores and groups, as plain JSON values.

    Frames are counted where clips were decoded, and devices where any is known.
    """
    cohort, groups = inspection.cohort, inspection.groups
    segments = cohort.segments
    summary: dict[str, Any] = {
        "cohort": cohort.name,
        "protocol": cohort.card.protocol,
        "rubric": cohort.card.rubric,
        "synthetic": cohort.card.synthetic,
        "patients": len(groups),
        "exams": len({(segment.patient, segment.exam) for segment in segments}),
        "clips": len(inspection.clips),
        "segments": len(segments),
        "unlabelled_segments": len(segments) - len(inspection.labelled),
        "segments_per_score": _by_score(inspection.scores),
        "patients_per_group": dict(
            sorted(Counter(group or "unknown" for group in groups.values()).items())
        ),
    }
    devices = Counter(look.device for look in inspection.clips if look.device)
    if devices:
        summary["clips_per_device"] = dict(devices.most_common())
    frames = [look.survey.frames for look in inspection.clips if look.survey is not None]
    if frames:
        summary["frames"] = sum(frames)
        summary["labelled_frames_per_score"] = _by_score(inspection.frames_per_score)
    return summary


def _by_score(counts: Mapping[int, int]) -> dict[str, int]:
    return {str(score): counts.get(score, 0) for score in range(MAXIMUM_ZONE_SCORE + 1)}
