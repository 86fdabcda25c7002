"""Whether patients, groups, devices and zones allow a fair validation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from statistics import median

import numpy as np
from scipy.stats.contingency import crosstab, expected_freq

from lusscore.checks.findings import Finding, about_clips, register_check, they_have
from lusscore.checks.inspection import Inspection
from lusscore.wording import have, listed, percent, plural

_STRONG = 0.5
_FOLDS = 3
_FEW = 1 / 3
_DEVICES_SHOWN = 6


@register_check(
    "no-groups",
    "patients-without-group",
    "small-groups",
    "groups-tell-scores",
    needs="manifest",
)
def check_groups(inspection: Inspection) -> Iterator[Finding]:
    """Check whether groups are known, large enough, and different from the scores."""
    groups = inspection.groups
    sizes = Counter(group for group in groups.values() if group)
    if not sizes:
        yield Finding(
            "note",
            "no-groups",
            "No patient has a group, so folds are balanced by scores and frames alone.",
            advice="Fill in the column group if there are strata such as covid and healthy.",
        )
        return
    bare = tuple(patient for patient, group in groups.items() if not group)
    if bare:
        yield Finding(
            "warning",
            "patients-without-group",
            f"{_of(bare, groups)} no group while others have; they form a stratum of their own.",
            bare,
            "Fill in their group.",
        )
    small = sorted(group for group, size in sizes.items() if size < _FOLDS)
    if small and len(sizes) > 1:
        yield Finding(
            "warning",
            "small-groups",
            f"{they_have(small, 'group')} fewer than {_FOLDS} patients ({listed(small)}), so not "
            f"each of {_FOLDS} folds can hold one.",
            tuple(patient for patient, group in groups.items() if group in small),
            "Include more such patients, or do not read results for that group.",
        )
    pairs = [
        (segment.group, str(segment.score)) for segment in inspection.labelled if segment.group
    ]
    if confounded(pairs):
        yield Finding(
            "warning",
            "groups-tell-scores",
            f"Group and score are associated (corrected Cramér's V {cramers_v(pairs):.2f} over "
            "labelled rows), so whatever separates the groups can pass for severity.",
            advice="Report results within each group as well.",
        )


@register_check("device-mix", "devices-tell-groups", "devices-tell-scores", needs="manifest")
def check_devices(inspection: Inspection) -> Iterator[Finding]:
    """Count devices, and check whether a device can be taken for disease."""
    known = [look for look in inspection.clips if look.device]
    devices = Counter(look.device for look in known)
    if len(devices) > 1:
        shown = [
            f"{device} ({plural(count, 'clip')})"
            for device, count in devices.most_common(_DEVICES_SHOWN)
        ]
        if len(devices) > _DEVICES_SHOWN:
            shown.append(f"{len(devices) - _DEVICES_SHOWN:,} more")
        unknown = len(inspection.clips) - len(known)
        rest = f"; the device of {plural(unknown, 'clip')} is not known" if unknown else ""
        what = f"Clips come from {len(devices)} devices: {listed(shown)}{rest}."
        yield Finding("note", "device-mix", what)
    owners = {(look.patient, look.device, look.segments[0].group) for look in known}
    pairs = [(device, group) for _, device, group in sorted(owners) if group]
    if confounded(pairs):
        yield Finding(
            "warning",
            "devices-tell-groups",
            "Device and group are associated (corrected Cramér's V "
            f"{cramers_v(pairs):.2f} over patients), so a model can recognise the groups by "
            "their devices.",
            advice="Report results per device, or use patients of all groups from each device.",
        )
    pairs = [
        (look.device, str(segment.score))
        for look in known
        for segment in look.segments
        if segment.score is not None
    ]
    if confounded(pairs):
        yield Finding(
            "warning",
            "devices-tell-scores",
            f"Device and score are associated (corrected Cramér's V {cramers_v(pairs):.2f} over "
            "labelled rows), so a model can predict scores from the device.",
            advice="Report results per device.",
        )


def confounded(pairs: Sequence[tuple[str, str]]) -> bool:
    """Tell whether two properties go together, so that one can pass for the other.

    They do if either always gives the other away, unless it has one value or every value occurs
    once; or if Cramér's V is at least 0.5.
    """
    firsts, seconds = (len({pair[side] for pair in pairs}) for side in (0, 1))
    if min(firsts, seconds) < 2:
        return False
    gives_away = len(set(pairs)) in (firsts, seconds) and max(firsts, seconds) < len(pairs)
    return gives_away or cramers_v(pairs) >= _STRONG


def cramers_v(pairs: Sequence[tuple[str, str]]) -> float:
    """Return Cramér's V of two properties, corrected for its bias: 0 (none) to 1.

    With φ² = χ²/n of an r × k table, φ̃² = max(0, φ² − (k−1)(r−1)/(n−1)),
    r̃ = r − (r−1)²/(n−1), k̃ = k − (k−1)²/(n−1), and V = √(φ̃² / min(k̃−1, r̃−1))
    (Bergsma 2013, J Korean Stat Soc 42(3):323–328). 0 where either has fewer than two values.
    """
    table = crosstab(*np.array(pairs).T).count if pairs else np.zeros((0, 0))
    n, (r, k) = len(pairs), table.shape
    if min(r, k) < 2:
        return 0.0
    expected = expected_freq(table)
    association = ((table - expected) ** 2 / expected).sum() / n
    corrected = max(0.0, association - (k - 1) * (r - 1) / (n - 1))
    least = min(k - (k - 1) ** 2 / (n - 1), r - (r - 1) ** 2 / (n - 1)) - 1
    return float(np.sqrt(min(1.0, corrected / least))) if least > 0 else 0.0


@register_check(
    "too-few-patients",
    "patients-with-few-clips",
    "patients-with-few-frames",
    "patients-with-one-score",
    needs="manifest",
)
def check_patients(inspection: Inspection) -> Iterator[Finding]:
    """Count patients with labels, and what each contributes."""
    scores: dict[str, set[int | None]] = {}
    for segment in inspection.labelled:
        scores.setdefault(segment.patient, set()).add(segment.score)
    if scores and len(scores) < _FOLDS:
        fewer = f", or cross-validate with --folds {len(scores)}" if len(scores) > 1 else ""
        yield Finding(
            "warning",
            "too-few-patients",
            f"{plural(len(scores), 'patient')} with labels cannot fill {_FOLDS} folds, and a "
            "patient is never split.",
            advice=f"Label more patients{fewer}.",
        )
    clips, frames = Counter[str](), Counter[str]()
    for look in inspection.clips:
        labelled = [segment for segment in look.segments if segment.score is not None]
        clips[look.patient] += bool(labelled)
        frames[look.patient] += sum(map(look.labelled_frames, labelled))
    yield from _poor("clips", +clips)
    yield from _poor("frames", +frames)
    single = tuple(patient for patient, held in scores.items() if len(held) == 1)
    if single and len(inspection.scores) > 1:
        yield Finding(
            "note",
            "patients-with-one-score",
            f"{len(single):,} of {plural(len(scores), 'patient')} "
            f"({percent(len(single) / len(scores), 0)}) {have(len(single))} a single score, so "
            "a model that recognises the patient knows the score.",
            single,
        )


def _poor(unit: str, held: Mapping[str, int]) -> Iterator[Finding]:
    """Find patients that contribute far less than most."""
    usual = median(held.values()) if held else 0
    poor = tuple(patient for patient, count in held.items() if count < _FEW * usual)
    if poor:
        yield Finding(
            "note",
            f"patients-with-few-{unit}",
            f"{_of(poor, held)} fewer than a third of the median of {usual:,.0f} labelled {unit}.",
            poor,
        )


def _of(patients: Sequence[str], everybody: Mapping[str, object]) -> str:
    """Begin a sentence: ``1 of 9 patients has``."""
    return f"{len(patients):,} of {plural(len(everybody), 'patient')} {have(len(patients))}"


@register_check("zone-unknown", "zones-missing", "several-clips-per-zone", needs="manifest")
def check_zones(inspection: Inspection) -> Iterator[Finding]:
    """Check whether exams are complete by their protocol."""
    protocol = inspection.cohort.protocol
    bare = [look.clip for look in inspection.clips if not look.zone]
    yield from about_clips(
        "note",
        "zone-unknown",
        bare,
        f"{they_have(bare, 'clip')} no zone and count{'s' if len(bare) == 1 else ''} in no zone "
        "or exam score.",
        "Fill in the column zone where it is known.",
    )
    held: dict[tuple[str, str], Counter[str]] = {}
    for look in inspection.clips:
        if look.zone:
            held.setdefault((look.patient, look.segments[0].exam), Counter())[look.zone] += 1
    zones = len(protocol.zones)
    partial = [exam for exam, clips in held.items() if len(clips) < zones]
    if partial:
        yield Finding(
            "note",
            "zones-missing",
            f"{len(partial):,} of {plural(len(held), 'exam')} {have(len(partial))} fewer than "
            f"the {zones} zones of {protocol.name}; their sums leave zones out.",
            tuple(f"patient {patient}, exam {exam}" for patient, exam in partial),
        )
    several = tuple(
        f"patient {patient}, exam {exam}, zone {zone}"
        for (patient, exam), clips in held.items()
        for zone, count in clips.items()
        if count > 1
    )
    if several:
        yield Finding(
            "note",
            "several-clips-per-zone",
            f"{they_have(several, 'zone')} several clips; a zone's score is that of most of their "
            "frames.",
            several,
        )
