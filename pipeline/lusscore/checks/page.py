"""The check as one HTML file that needs nothing else, not even a network."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PureWindowsPath

from jinja2 import Environment, PackageLoader, StrictUndefined

from lusscore import __version__
from lusscore.checks.agreement import shared_amount
from lusscore.checks.check_cohort import Verdict
from lusscore.checks.finding import LEVELS, Finding, Level
from lusscore.checks.inspection import ClipLook, Inspection
from lusscore.cohort import MAXIMUM_ZONE_SCORE

# Beyond this many pictures a page becomes slow; clips with findings come first.
_MOST_PICTURES = 600
_MOST_PLACES = 200
# Findings about most clips of a cohort say little of any one clip.
_COMMON = 0.5


@dataclass(frozen=True)
class _Card:
    """One clip on the page."""

    name: str
    scores: str
    frames: int
    picture: str
    findings: tuple[tuple[str, str], ...]


def render_page(verdict: Verdict, *, names: bool = False) -> str:
    """Return the page.

    Pictures show the sector alone, with the text that was found painted over, and only where the
    sector could be told from what surrounds it. Clips go by patient, exam
    and zone. A content security policy forbids the page every request and every script.

    Parameters
    ----------
    verdict
        Made with pictures, if there are to be any.
    names
        Whether to add the file names of clips, which may be those of people; never folders.
    """
    environment = Environment(
        loader=PackageLoader("lusscore.checks"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    inspection = verdict.inspection
    titles = dict(inspection.titles) if inspection else {}
    if names:
        titles = {clip: f"{title} · {PureWindowsPath(clip).name}" for clip, title in titles.items()}
    return environment.get_template("check.html.j2").render(
        verdict=verdict,
        fleiss_amount=shared_amount(
            verdict.agreement.fleiss_stretches, verdict.agreement.fleiss_frames
        ),
        version=__version__,
        levels=[
            (
                level,
                [_shown(finding, titles) for finding in verdict.findings if finding.level == level],
            )
            for level in LEVELS
        ],
        most_places=_MOST_PLACES,
        crosstab=_crosstab(inspection) if inspection else [],
        scores=[str(score) for score in range(MAXIMUM_ZONE_SCORE + 1)],
        cards=_cards(verdict, inspection, titles) if inspection else [],
        clips=len(inspection.clips) if inspection else 0,
    )


def _shown(finding: Finding, titles: Mapping[str, str]) -> dict[str, object]:
    """Return a finding with clips by their titles; of one that has none, its line is told."""
    groups = ([titles[clip] for clip in group if clip in titles] for group in finding.clips)
    where = [*finding.where, *(" = ".join(group) for group in groups if group)]
    return {"code": finding.code, "what": finding.what, "advice": finding.advice, "where": where}


def _crosstab(inspection: Inspection) -> list[tuple[str, list[int], int]]:
    """Count labelled rows per group and score; the last row is that of all."""
    groups = sorted({segment.group for segment in inspection.labelled})
    rows = []
    for group in [*groups, None]:
        members = [
            segment for segment in inspection.labelled if group is None or segment.group == group
        ]
        counts = [
            sum(segment.score == score for segment in members)
            for score in range(MAXIMUM_ZONE_SCORE + 1)
        ]
        rows.append(("all" if group is None else group or "no group", counts, sum(counts)))
    return rows if len(rows) > 2 else rows[-1:]


def _cards(verdict: Verdict, inspection: Inspection, titles: Mapping[str, str]) -> list[_Card]:
    """Show clips, those with the gravest findings first."""
    found: dict[str, list[tuple[Level, str]]] = {}
    for finding in verdict.findings:
        clips = {clip for group in finding.clips for clip in group}
        clips &= inspection.by_clip.keys()
        if finding.level == "error" or len(clips) <= _COMMON * len(inspection.clips):
            for clip in clips:
                found.setdefault(clip, []).append((finding.level, finding.code))

    def gravity(look: ClipLook) -> int:
        levels = [LEVELS.index(level) for level, _ in found.get(look.clip, [])]
        return min(levels, default=len(LEVELS))

    looks = sorted(inspection.clips, key=gravity)[:_MOST_PICTURES]
    return [
        _Card(
            titles[look.clip],
            ", ".join(
                "–" if segment.score is None else str(segment.score) for segment in look.segments
            ),
            look.survey.frames if look.survey else 0,
            base64.b64encode(look.thumbnail).decode(),
            tuple(found.get(look.clip, ())),
        )
        for look in looks
    ]
