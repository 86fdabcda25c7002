"""Deleting patients from all that lusscore has of them: consent can be withdrawn."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lusscore.cohort import MANIFEST_NAME, RATINGS_NAME, Cohort
from lusscore.errors import CohortError
from lusscore.features import find_digests, forget_clips
from lusscore.labelling.csv_table import CsvTable
from lusscore.labelling.labels import hold_cohort


@dataclass(frozen=True)
class Forgotten:
    """What was deleted of some patients, and what may still hold something of them.

    Attributes
    ----------
    deleted
        What was, or would be, deleted, in words.
    left
        Recordings, runs and bundles, which are not touched: a path and why, each.
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
    unknown = [name for name in patients if name not in known]
    if unknown:
        raise CohortError(
            f"Cohort {cohort.name} has no patient {unknown[0]!r}; expected names as its "
            f"{MANIFEST_NAME} writes them."
        )
    clips = {segment.clip for segment in cohort.segments if segment.patient in patients}
    digests = find_digests(features_dir, cohort, clips)
    exams = _saved_exams(results_dir, digests)
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


def _saved_exams(results_dir: Path, digests: set[str]) -> list[Path]:
    """List the folders of scored exams that have one of some recordings."""
    found = []
    for path in sorted(results_dir.glob("exams/*/exam.json")):
        try:
            clips: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["clips"]
        except (OSError, ValueError, KeyError):
            continue
        if any(clip.get("sha256") in digests for clip in clips):
            found.append(path.parent)
    return found


def _runs(results_dir: Path, cohort: str) -> list[tuple[Path, str]]:
    """List runs and bundles that may have been made of the cohort."""
    runs = sorted(results_dir.glob(f"{cohort}/*/config.toml"))
    bundles = sorted(results_dir.glob("bundles/*"))
    return [
        *((path.parent, "a run, with predictions by patient") for path in runs),
        *((path, "a bundle, which may be trained on the cohort") for path in bundles),
    ]


def _elsewhere(
    others: Sequence[Cohort], features_dir: Path, digests: set[str]
) -> list[tuple[Path, str]]:
    """List manifests of other cohorts that have the same recordings."""
    found = []
    for other in others:
        shared = sorted(
            segment.patient
            for segment in {one.clip: one for one in other.segments}.values()
            if find_digests(features_dir, other, {segment.clip}) & digests
        )
        if shared:
            named = " ".join(dict.fromkeys(shared))
            why = f"has the same recordings: lusscore forget {named} --cohort {other.name}"
            found.append((other.folder / MANIFEST_NAME, why))
    return found
