"""Where the data of a run come from and how many there are."""

from __future__ import annotations

from lusscore.evaluation import CohortTable
from lusscore.report.checklists.fact import Fact, register_fact
from lusscore.report.run_files import RunFiles
from lusscore.wording import listed, plural

_COUNTED = ("patient", "exam", "clip", "frame")


@register_fact("source")
def source(run: RunFiles) -> Fact | None:
    """Quote the cards."""
    told = [_source(cohort, role) for cohort, role in _cohorts(run)]
    return Fact(" ".join(told), ("run",)) if all(told) else None


def _source(cohort: CohortTable, role: str) -> str:
    if cohort.synthetic:
        return f"{role} {cohort.name}: simulated, no patient was examined."
    texts = [text.strip() for text in (cohort.source, cohort.description) if text]
    return f"{role} {cohort.name}, by its card: {' '.join(map(_ended, texts))}" if texts else ""


@register_fact("sizes")
def sizes(run: RunFiles) -> Fact:
    """Count patients, exams, clips and frames."""
    told = []
    for cohort, role in _cohorts(run):
        counts = [plural(getattr(cohort, f"{one}s"), one) for one in _COUNTED]
        told.append(f"{role} {cohort.name}: {listed(counts)}.")
    return Fact(" ".join(told), ("data-flow",))


@register_fact("groups")
def groups(run: RunFiles) -> Fact | None:
    """Count patients by the manifest's groups."""
    told = []
    for cohort, role in _cohorts(run):
        known = {name: number for name, number in cohort.groups.items() if name}
        if not known or set(known) == {"unknown"}:
            return None
        named = listed([f"{number} {name}" for name, number in known.items()])
        told.append(f"{role} {cohort.name}, patients by group: {named}.")
    return Fact(" ".join(told), ("folds",))


@register_fact("devices")
def devices(run: RunFiles) -> Fact | None:
    """Count patients by device, where the run has recorded that."""
    known = {name: n for name, n in run.config.cohort.devices.items() if name}
    if not known or set(known) == {"unknown"}:
        return None
    named = listed([f"{name} ({plural(number, 'patient')})" for name, number in known.items()])
    return Fact(f"Devices by the manifest: {named}.")


@register_fact("licence")
def licence(run: RunFiles) -> Fact | None:
    """Quote licence and citation of the data."""
    told = []
    for cohort, role in _cohorts(run):
        if not cohort.licence:
            return None
        cited = f" Citation: {_ended(cohort.citation)}" if cohort.citation else ""
        told.append(f"{role} {cohort.name}: licence {cohort.licence}.{cited}")
    return Fact(" ".join(told))


@register_fact("differences")
def differences(run: RunFiles) -> Fact:
    """Compare cards of training and testing."""
    others = run.config.trained_on
    if not others:
        return (
            Fact(
                "None but chance: training and testing are patients of one cohort in turn.",
                ("folds",),
            )
            if not (by := run.config.cross_validation.leave_out)
            else Fact(
                f"One cohort; in each fold nobody trained on has the {by} tested on.", ("folds",)
            )
        )
    mine = run.config.cohort
    told = [
        f"{other.name} and {mine.name} differ in {listed(unlike)}"
        if (unlike := _unlike(other, mine))
        else f"the cards of {other.name} and {mine.name} name the same protocol, rubric, "
        "label level and extraction"
        for other in others
    ]
    text = "; ".join(told)
    return Fact(f"{text[0].upper()}{text[1:]}.", ("run",))


def _unlike(other: CohortTable, mine: CohortTable) -> list[str]:
    said = [
        f"{name} ({getattr(other, key)}; {getattr(mine, key)})"
        for key, name in (("protocol", "protocol"), ("rubric", "rubric"), ("label_level", "labels"))
        if getattr(other, key) != getattr(mine, key)
    ]
    theirs, ours = other.extraction, mine.extraction
    keys = [key for key in ours if theirs.get(key) != ours[key]]
    return said + [f"extraction: {key} ({theirs.get(key)}; {ours[key]})" for key in keys]


def _cohorts(run: RunFiles) -> list[tuple[CohortTable, str]]:
    """Every cohort of the run and what it was for, the one tested on last."""
    others = [(other, "Trained on") for other in run.config.trained_on]
    return [*others, (run.config.cohort, "Tested on" if others else "Cohort")]


def _ended(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."
