"""Whether there are enough patients, and whether each says enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from statistics import median

from lusscore.checks.finding import Finding
from lusscore.checks.inspection import Inspection
from lusscore.checks.registry import register_check
from lusscore.wording import have, percent, plural

FOLDS = 3
_FEW = 1 / 3


@register_check(
    "too-few-patients",
    "patients-with-few-clips",
    "patients-with-few-frames",
    "patients-with-one-score",
    needs="manifest",
)
def check_patients(inspection: Inspection) -> Iterator[Finding]:
    """Count patients with labels, and what each brings."""
    scores: dict[str, set[int]] = {}
    clips: dict[str, set[str]] = {}
    for segment in inspection.labelled:
        assert segment.score is not None
        scores.setdefault(segment.patient, set()).add(segment.score)
        clips.setdefault(segment.patient, set()).add(segment.clip)
    if scores and len(scores) < FOLDS:
        yield Finding(
            "warning",
            "too-few-patients",
            f"{plural(len(scores), 'patient')} with labels cannot fill {FOLDS} folds, and a "
            "patient is never split.",
            advice="Label more patients"
            + (f", or cross-validate with --folds {len(scores)}." if len(scores) > 1 else "."),
        )
    yield from _poor("clips", {patient: len(held) for patient, held in clips.items()})
    frames: Counter[str] = Counter()
    for look in inspection.clips:
        for segment in look.segments:
            if segment.score is not None:
                frames[segment.patient] += look.labelled_frames(segment)
    yield from _poor("frames", +frames)
    single = tuple(patient for patient, held in scores.items() if len(held) == 1)
    if single and len(inspection.scores) > 1:
        yield Finding(
            "note",
            "patients-with-one-score",
            f"{len(single):,} of {plural(len(scores), 'patient')} "
            f"({percent(len(single) / len(scores), 0)}) {have(len(single))} a single score, so "
            "that for them the score can be told by who the patient is.",
            single,
        )


def _poor(unit: str, held: dict[str, int] | Counter[str]) -> Iterator[Finding]:
    """Find patients that bring far less than most."""
    if not held:
        return
    usual = median(held.values())
    poor = tuple(patient for patient, count in held.items() if count < _FEW * usual)
    if poor:
        yield Finding(
            "note",
            f"patients-with-few-{unit}",
            f"{len(poor):,} of {plural(len(held), 'patient')} {have(len(poor))} fewer than a "
            "third of the "
            f"usual {usual:,.0f} labelled {unit}.",
            poor,
        )
