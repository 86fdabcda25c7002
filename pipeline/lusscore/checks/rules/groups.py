"""Whether groups are known, large enough, and something else than the scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lusscore.checks.confounding import cramers_v, tells
from lusscore.checks.finding import Finding
from lusscore.checks.inspection import Inspection
from lusscore.checks.registry import register_check
from lusscore.wording import have, listed, plural

STRONG = 0.5
_FOLDS = 3


@register_check(
    "no-groups",
    "patients-without-group",
    "small-groups",
    "groups-tell-scores",
    needs="manifest",
)
def check_groups(inspection: Inspection) -> Iterator[Finding]:
    """Look at the strata of the folds."""
    groups = inspection.groups
    sizes = Counter(group for group in groups.values() if group)
    if not sizes:
        yield Finding(
            "note",
            "no-groups",
            "No patient has a group, so that folds are balanced by scores and frames alone.",
            advice="Fill in the column group if there are strata such as covid and healthy.",
        )
        return
    bare = tuple(patient for patient, group in groups.items() if not group)
    if bare:
        yield Finding(
            "warning",
            "patients-without-group",
            f"{len(bare):,} of {plural(len(groups), 'patient')} {have(len(bare))} no group "
            "while others "
            "have; they form a stratum of their own.",
            bare,
            "Fill in their group.",
        )
    small = sorted(group for group, size in sizes.items() if size < _FOLDS)
    if small and len(sizes) > 1:
        noun = "group has" if len(small) == 1 else "groups have"
        yield Finding(
            "warning",
            "small-groups",
            f"{len(small)} {noun} fewer than {_FOLDS} patients ({listed(small)}), so that not "
            f"each of {_FOLDS} folds can hold one.",
            tuple(patient for patient, group in groups.items() if group in small),
            "Include more such patients, or do not read results for that group.",
        )
    pairs = [
        (segment.group, str(segment.score)) for segment in inspection.labelled if segment.group
    ]
    if tells(pairs) or cramers_v(pairs) >= STRONG:
        yield Finding(
            "warning",
            "groups-tell-scores",
            f"Group and score go together (corrected Cramér's V {cramers_v(pairs):.2f} over "
            "labelled rows), so that whatever tells the groups apart can pass for severity.",
            advice="Report results within each group as well.",
        )
