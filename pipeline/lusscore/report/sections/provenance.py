"""What was run, on what, with which settings and versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lusscore.cohort import describe_rubric, get_protocol, rubric_names
from lusscore.evaluation import BackboneTable, CohortTable, HeadTable, RunConfig
from lusscore.report.run_files import RunFiles
from lusscore.report.sections.zones import zones
from lusscore.wording import count, duration

Entries = tuple[tuple[str, str], ...]
_CARD = {
    "description": "Description",
    "source": "Source",
    "licence": "Licence",
    "citation": "Citation",
}
_DIGEST_SHOWN = 16


@dataclass(frozen=True)
class Provenance:
    """Named values in the order shown; `trained_on` has cards where another cohort was tested."""

    command: str
    created: str
    seconds: str
    cohort: Entries
    trained_on: tuple[Entries, ...]
    extraction: Entries
    validation: Entries
    head: Entries
    more_heads: tuple[Entries, ...]
    backbones: tuple[BackboneTable, ...]
    versions: Entries


def provenance(run: RunFiles) -> Provenance:
    """Lay out configuration, card and versions."""
    config, cohort = run.config, run.config.cohort
    return Provenance(
        command=run.command,
        created=readable_time(config.run.created),
        seconds=duration(config.run.seconds),
        cohort=_card(cohort, zones(run).counted),
        trained_on=tuple(_training_card(other) for other in config.trained_on),
        extraction=_entries(cohort.extraction),
        validation=_validation(config),
        head=_head(config.head),
        more_heads=tuple(_head(head) for head in config.more_heads),
        backbones=config.backbones,
        versions=(("lusscore", config.run.lusscore), *_entries(config.versions)),
    )


def readable_time(text: str) -> str:
    """Turn an ISO time into ``1 March 2025, 14:05 UTC``; what is none stays as it is."""
    try:
        time = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return str(text)
    zone = "" if time.tzinfo is None else f" {time.tzname()}"
    return f"{time.day} {time:%B %Y, %H:%M}{zone}"


def _validation(config: RunConfig) -> Entries:
    table = config.cross_validation
    if not config.trained_on:
        return _entries(table.model_dump(exclude_none=True))
    names = ", ".join(other.name for other in config.trained_on)
    external = (("trained on all of", names), ("tested on all of", config.cohort.name))
    return (*external, *_entries({"seed": table.seed}))


def _training_card(cohort: CohortTable) -> Entries:
    """Tell a cohort trained on, and the frames of it that were seen."""
    extraction = cohort.extraction
    seen = {key: extraction[key] for key in ("frames", "variants") if key in extraction}
    skipped = len(cohort.skipped_clips)
    return (
        *_card(cohort, ""),
        *(("Frames used" if key == "frames" else "Variants", str(seen[key])) for key in seen),
        *((("Clips left out", count(skipped)),) if skipped else ()),
    )


def _card(cohort: CohortTable, unzoned: str) -> Entries:
    rubric = cohort.rubric
    protocol = get_protocol(cohort.protocol)
    reference = f" ({describe_rubric(rubric)})" if rubric in rubric_names() else ""
    entries = [
        ("Name", cohort.name),
        (
            "Data",
            "synthetic phantom, no patient was scanned"
            if cohort.synthetic
            else "clips of patients",
        ),
        (
            "Protocol",
            f"{protocol.name}, {len(protocol.zones)} zones, maximum {protocol.maximum} "
            f"({protocol.source})",
        ),
        ("Rubric", f"{rubric}{reference}"),
        ("Labels given per", cohort.label_level),
    ]
    entries += [
        (key.capitalize(), count(getattr(cohort, key)))
        for key in ("patients", "exams", "clips", "frames")
    ]
    if unzoned:
        entries.append(("Zone unknown", unzoned))
    groups = [f"{number} {group or 'no group'}" for group, number in cohort.groups.items()]
    if groups:
        entries.append(("Patients by group", ", ".join(groups)))
    entries += [(label, text) for key, label in _CARD.items() if (text := getattr(cohort, key))]
    if cohort.manifest_digest:
        entries.append(("Manifest digest", cohort.manifest_digest[:_DIGEST_SHOWN]))
    return tuple(entries)


def _head(head: HeadTable) -> Entries:
    return _entries({"name": head.name, **head.settings})


def _entries(table: Mapping[str, Any]) -> Entries:
    return tuple((key.replace("_", " "), _plain(value)) for key, value in table.items())


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return str(value)
