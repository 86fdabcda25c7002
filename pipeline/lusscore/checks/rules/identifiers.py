"""Whether files say who the patient is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lusscore.checks.finding import Finding, each
from lusscore.checks.inspection import Inspection
from lusscore.checks.registry import register_check
from lusscore.wording import have, plural

_SHOWN = 12
_ADVICE = "Import the recordings with --deidentify before they are shared."


@register_check("identifiers-present", "declared-burned-in", needs="headers")
def check_identifiers(inspection: Inspection) -> Iterator[Finding]:
    """Name the tags and fields that could tell who a patient is; never what they hold."""
    names: Counter[str] = Counter()
    holding, declared = [], []
    for look in inspection.clips:
        if look.facts is not None and look.facts.identifiers:
            names.update(look.facts.identifiers)
            holding.append(look.clip)
        if look.facts is not None and look.facts.burned_in:
            declared.append(look.clip)
    if holding:
        told = ", ".join(f"{name} ({count:,})" for name, count in names.most_common(_SHOWN))
        more = f" and {len(names) - _SHOWN} others" if len(names) > _SHOWN else ""
        yield Finding(
            "warning",
            "identifiers-present",
            f"{plural(len(holding), 'clip')} {have(len(holding))} fields that can tell who the "
            f"patient is: {told}{more}.",
            clips=each(holding),
            advice=_ADVICE,
        )
    if declared:
        yield Finding(
            "warning",
            "declared-burned-in",
            f"{plural(len(declared), 'DICOM file')} {have(len(declared))} a header that says "
            "the pixels show who the patient is.",
            clips=each(declared),
            advice=_ADVICE,
        )
