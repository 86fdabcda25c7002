"""What ``lusscore import`` says of what came in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lusscore.console import note, print_table, say
from lusscore.wording import some

if TYPE_CHECKING:
    from lusscore.api import ImportedCohort
    from lusscore.privacy import Deidentified


def tell_copies(cohort: str, copies: Deidentified, key_file: Path | None) -> None:
    """Say what to look at, what was left out and where the key is; never an original name."""
    if copies.look_at:
        listed = some([Path(copied.clip).name for copied in copies.look_at])
        note(
            "Copies to be looked at by a person, since it is not sure that all text is gone: "
            f"{len(copies.look_at)} ({listed}); 'lusscore check {cohort} --preview copies.png' "
            "draws them."
        )
    if copies.left_out:
        print_table(
            f"Not copied, and not in the cohort: {len(copies.left_out)}",
            ("pseudonym in the key file", "why"),
            copies.left_out,
        )
        note(f"Which file each of them is stands in {key_file}, column 'original'.")
    if copies.unused:
        note(
            f"Copies of an earlier import that are no longer used: {len(copies.unused)} "
            f"({some(copies.unused)}). Delete them where they must not be kept."
        )
    note(f"The key is {key_file}: keep it apart from the cohort, and keep it.")


def sum_up(cohort: ImportedCohort) -> dict[str, Any]:
    """Sum up what came in; where clips were copied, without any word of their source."""
    imported, settled, copies = cohort.imported, cohort.settled, cohort.copies
    ties = [
        " · ".join(filter(None, (segment.patient, segment.zone, Path(segment.clip).name)))
        for segment in settled.ties
    ]
    named: dict[str, Any] = {
        "ties": ties,
        "ignored": list(imported.ignored),
        "notes": list(imported.notes),
    }
    if copies is not None:
        named = {
            "look_at": [copied.clip for copied in copies.look_at],
            "left_out": dict(copies.left_out),
            "unused": list(copies.unused),
        }
    return {
        "cohort": cohort.name,
        "folder": str(cohort.folder),
        "protocol": cohort.card.protocol,
        "rubric": cohort.card.rubric,
        "patients": len({segment.patient for segment in cohort.segments}),
        "clips": len(cohort.clips()),
        "labelled": len({segment.clip for segment in cohort.segments if segment.score is not None}),
        "segments": len(cohort.segments),
        "raters": sorted({rating.rater for rating in settled.ratings}),
        "tie_count": len(ties),
        "ignored_count": len(imported.ignored),
        **named,
    }


def tell_cohort(summary: dict[str, Any]) -> None:
    """Say what came in and what did not."""
    for told in summary.get("notes", ()):
        note(told)
    if summary["tie_count"]:
        note(
            "Left unlabelled, since as many raters gave one score as another: "
            f"{summary['tie_count']}{_listed(summary.get('ties', ()))}. "
            "--rule mean or --rule rater:NAME decides."
        )
    if summary["ignored_count"]:
        note(f"Not taken in: {summary['ignored_count']}{_listed(summary.get('ignored', ()))}.")
    by = f", {len(summary['raters'])} raters" if summary["raters"] else ""
    say(
        f"{summary['folder']}: {summary['patients']} patients, {summary['clips']} clips, protocol "
        f"{summary['protocol']}, rubric {summary['rubric']}, {summary['labelled']} clips "
        f"labelled{by}. Next: lusscore check {summary['cohort']}"
    )


def _listed(paths: Sequence[str]) -> str:
    return f" ({some(paths)})" if paths else ""
