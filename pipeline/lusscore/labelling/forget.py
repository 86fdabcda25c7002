"""Deleting patients from all that lusscore has of them: consent can be withdrawn."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lusscore.cohort import MANIFEST_NAME, RATINGS_NAME, Cohort
from lusscore.errors import CohortError
from lusscore.features import find_digests, forget_clips
from lusscore.labelling.csv_table import CsvTable
from lusscore.labelling.labels import hold_cohort


@dataclass(frozen=True)
class Forgotten:
    """What was deleted of some patients, and what may still hold something of them.

    `deleted` says in words what was, or would be, deleted; `left` names recordings, runs and
    bundles, which are not touched: a path and why, each.
    """

    deleted: tuple[str, ...]
    left: tuple[tuple[Path, str], ...]


def forget_patients(
    patients: Sequence[str],
    cohort: Cohort,
    others: Sequence[Cohort],
    features_dir: Path,
    results_dir: Path,
    *,
    dry_run: bool = False,
) -> Forgotten:
    """Delete patients' embeddings, manifest rows, ratings and saved exams.

    Embeddings of the same recordings in other cohorts are deleted too. Manifest rows go last, so
    that the same call goes on where one was interrupted.

    `others` are cohorts that may have the same recordings. A dry run only says what would be
    deleted.

    Raises
    ------
    CohortError
        If the cohort has no such patient, or its files cannot be written.
    FeatureFileError
        If a feature file cannot be read or written.
    """
    known = {segment.patient for segment in cohort.segments}
    for name in patients:
        if name not in known:
            raise CohortError(
                f"Cohort {cohort.name} has no patient {name!r}; expected names as its "
                f"{MANIFEST_NAME} writes them."
            )
    clips = {segment.clip for segment in cohort.segments if segment.patient in patients}
    digests = find_digests(features_dir, cohort, clips)
    exams = list(_saved_exams(results_dir, digests))
    left = [
        *((cohort.clip_path(clip), "the recording itself") for clip in sorted(clips)),
        *_runs(results_dir, cohort.name),
        *_elsewhere(others, features_dir, digests),
    ]
    deleted = [f"saved exam {folder}" for folder in exams]
    if dry_run:
        deleted.append(f"embeddings of {len(digests)} recordings, in every cohort")
    else:
        for folder in exams:
            shutil.rmtree(folder)
        deleted += forget_clips(features_dir, digests)
    return Forgotten((*deleted, *_forget_rows(cohort, patients, clips, dry_run)), tuple(left))


def _forget_rows(
    cohort: Cohort, patients: Sequence[str], clips: set[str], dry_run: bool
) -> list[str]:
    """Delete rows of ratings, then of the manifest."""
    deleted = []
    with hold_cohort(cohort.folder):
        for name, column, gone in (
            (RATINGS_NAME, "clip", clips),
            (MANIFEST_NAME, "patient", set(patients)),
        ):
            table = CsvTable(cohort.folder / name, (column,))
            left = [row for row in table.rows if row[column] not in gone]
            count = len(table.rows) - len(left)
            if count:
                deleted.append(f"{count} rows of {table.path}")
            if not dry_run:
                table.rows = left
                table.write()
    return deleted


def _saved_exams(results_dir: Path, digests: set[str]) -> Iterator[Path]:
    """Find the folders of scored exams that have one of some recordings."""
    for path in sorted(results_dir.glob("exams/*/exam.json")):
        with suppress(OSError, ValueError, KeyError):
            clips = json.loads(path.read_text(encoding="utf-8"))["clips"]
            if any(clip.get("sha256") in digests for clip in clips):
                yield path.parent


def _runs(results_dir: Path, cohort: str) -> Iterator[tuple[Path, str]]:
    """Find runs and bundles that may have been made of the cohort."""
    for path in sorted(results_dir.glob(f"{cohort}/*/config.toml")):
        yield path.parent, "a run, with predictions by patient"
    for path in sorted(results_dir.glob("bundles/*")):
        yield path, "a bundle, which may be trained on the cohort"


def _elsewhere(
    others: Sequence[Cohort], features_dir: Path, digests: set[str]
) -> Iterator[tuple[Path, str]]:
    """Find manifests of other cohorts that have the same recordings."""
    for other in others:
        owners = {segment.clip: segment.patient for segment in other.segments}
        shared = sorted(
            {
                own
                for clip, own in owners.items()
                if find_digests(features_dir, other, {clip}) & digests
            }
        )
        if shared:
            why = (
                f"has the same recordings: lusscore forget {' '.join(shared)} --cohort {other.name}"
            )
            yield other.folder / MANIFEST_NAME, why
