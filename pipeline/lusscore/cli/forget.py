"""``lusscore forget``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

import lusscore as ls
from lusscore.cli import options
from lusscore.console import note, say
from lusscore.errors import CohortError
from lusscore.wording import plural


@click.command("forget")
@click.argument("patients", nargs=-1, required=True)
@options.cohort_option(
    "--cohort", "Whose patients they are.  [default: the one cohort that has all of them]"
)
@click.option("--dry-run", is_flag=True, help="Say what would be deleted; delete nothing.")
@click.option("--yes", is_flag=True, help="Do not ask before deleting.")
@options.as_json
@options.data_dir
@options.features_dir
@options.results_dir
def command(
    patients: tuple[str, ...],
    cohort: str | None,
    dry_run: bool,
    yes: bool,
    as_json: bool,
    data_dir: Path,
    features_dir: Path,
    results_dir: Path,
) -> None:
    """Delete what is stored of PATIENTS: embeddings, manifest rows, ratings, scored exams.

    Embeddings of the same recordings are deleted in every cohort. Recordings themselves, runs and
    models are not touched but listed: they may still hold data of these patients.

    \b
      lusscore forget P017 --dry-run
      lusscore forget P017 P031 --cohort ward-7
    """
    from lusscore.labelling import forget_patients

    cohorts = []
    for name in options.cohort_names(data_dir):
        try:
            cohorts.append(ls.read_cohort(name, data_dir=data_dir, check_files=False))
        except CohortError as error:
            if name == cohort:
                raise
            note(f"Cohort {name} was not searched, and may have the same recordings: {error}")
    if cohort is not None:
        found = ls.read_cohort(cohort, data_dir=data_dir, check_files=False)
    else:
        having = [
            one for one in cohorts if set(patients) <= {segment.patient for segment in one.segments}
        ]
        if len(having) != 1:
            names = ", ".join(one.name for one in having) or "none"
            raise CohortError(
                f"Cohorts in {data_dir} that have all of these patients: {names}; expected one. "
                "The same name may mean another patient there, so choose one with --cohort."
            )
        found = having[0]
    others = [one for one in cohorts if one.name != found.name]
    if not (dry_run or yes):
        question = f"Delete what is stored of {plural(len(patients), 'patient')} of {found.name}?"
        try:
            click.confirm(question, abort=True, err=True)
        except click.Abort:
            note("Nothing was deleted.")
            sys.exit(130)
    done = forget_patients(patients, found, others, features_dir, results_dir, dry_run=dry_run)
    if as_json:
        left = [{"path": str(path), "why": why} for path, why in done.left]
        say(json.dumps({"dry_run": dry_run, "deleted": done.deleted, "left": left}, indent=2))
        return
    say("Would be deleted:" if dry_run else "Deleted:")
    for line in done.deleted:
        say(f"  {line}")
    if done.left:
        note("Not deleted, and may still hold data of them:")
        for path, why in done.left:
            note(f"  {path}: {why}")
