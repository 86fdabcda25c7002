"""Which labels are missing."""

from __future__ import annotations

from collections.abc import Iterator

from lusscore.checks.finding import Finding, each
from lusscore.checks.inspection import Inspection
from lusscore.checks.registry import register_check
from lusscore.wording import are, have, percent, plural


@register_check("no-labels", "missing-labels", "unlabelled-patients", needs="manifest")
def check_labels(inspection: Inspection) -> Iterator[Finding]:
    """Count rows and patients without a score."""
    segments = inspection.cohort.segments
    missing = [segment for segment in segments if segment.score is None]
    if len(missing) == len(segments):
        yield Finding(
            "warning",
            "no-labels",
            "No row has a score, so that nothing can be trained or validated.",
            advice="Fill in the column score, or import the table that holds the labels.",
        )
        return
    if missing:
        yield Finding(
            "note",
            "missing-labels",
            f"{len(missing):,} of {plural(len(segments), 'row')} "
            f"({percent(len(missing) / len(segments), 0)}) {have(len(missing))} no score; "
            "embeddings "
            "are computed for them, and training leaves them out.",
            clips=each(dict.fromkeys(segment.clip for segment in missing)),
            advice="Score them, or take them out if that is not meant.",
        )
    labelled = {segment.patient for segment in inspection.labelled}
    bare = tuple(
        dict.fromkeys(segment.patient for segment in segments if segment.patient not in labelled)
    )
    if bare:
        yield Finding(
            "note",
            "unlabelled-patients",
            f"{len(bare):,} of {plural(len(inspection.groups), 'patient')} {have(len(bare))} no "
            "score at "
            f"all and {are(len(bare))} in no fold.",
            bare,
        )
