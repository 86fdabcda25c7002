"""``lusscore check``."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import click

from lusscore.cli.places import cohort_argument, data_dir_option, find_cohort
from lusscore.console import print_table, say


@click.command("check")
@cohort_argument
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@data_dir_option
def command(cohort: str, as_json: bool, data_dir: Path) -> None:
    """Validate a COHORT's card and manifest, and tell what is in it.

    All bad rows are named at once, with line, column, value and what is allowed.
    """
    found = find_cohort(cohort, data_dir)
    labelled = [span for span in found.spans if span.score is not None]
    scores = Counter(span.score for span in labelled)
    owners = {span.patient: span.group or "unknown" for span in found.spans}
    summary = {
        "cohort": found.name,
        "protocol": found.card.protocol,
        "rubric": found.card.rubric,
        "synthetic": found.card.synthetic,
        "patients": len(owners),
        "exams": len({(span.patient, span.exam) for span in found.spans}),
        "clips": len(found.clips()),
        "spans": len(found.spans),
        "unlabelled_spans": len(found.spans) - len(labelled),
        "spans_per_score": {str(score): scores[score] for score in range(4)},
        "patients_per_group": dict(sorted(Counter(owners.values()).items())),
    }
    if as_json:
        say(json.dumps(summary, indent=2))
        return
    rows = [
        (key.replace("_", " "), _told(value)) for key, value in summary.items() if key != "cohort"
    ]
    print_table(f"Cohort {found.name}: card and manifest are valid", ("what", "value"), rows)


def _told(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {number}" for key, number in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
