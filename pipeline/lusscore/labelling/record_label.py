"""Saving what a person says of a clip that a cohort has."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from lusscore.cohort import (
    MANIFEST_NAME,
    RATING_COLUMNS,
    RATINGS_NAME,
    UNNAMED,
    Cohort,
    Segment,
    read_cohort,
    read_ratings,
)
from lusscore.errors import CohortError
from lusscore.files import written_whole
from lusscore.labelling.checked_input import check_rater, check_score, check_zone
from lusscore.labelling.csv_edit import CsvEdit
from lusscore.labelling.hold_cohort import hold_cohort
from lusscore.labelling.opinions import decide_again, deciders, keep_opinion, opinions_of

Outcome = Literal["label", "correction", "opinion", "unchanged"]


@dataclass(frozen=True)
class Recorded:
    """What became of a score.

    Attributes
    ----------
    clip
        As the manifest writes it.
    outcome
        ``"label"``: the clip had none, and this is it. ``"correction"``: it takes the place of the
        rater's own. ``"opinion"``: another rater's label stands, and this is kept beside it.
        ``"unchanged"``: the rater had said so before.
    score
        What the manifest says now; None where raters are tied.
    rater
        Whom the manifest names for it now; empty where that is not known.
    """

    clip: str
    outcome: Outcome
    score: int | None
    rater: str


def record_label(
    cohort_folder: Path,
    clip: str,
    score: int,
    rater: str,
    zone: str | None = None,
    *,
    frames: tuple[int, int | None] | None = None,
) -> Recorded:
    """Save a rater's score of a clip in a cohort.

    A clip that has no label gets this one, and a rater's own label is corrected. A label that
    somebody else gave is never overwritten: who looks second, and may have seen the first score
    or a model's, must not silently become the truth that everybody is trained on. The second
    score goes to ``ratings.csv`` beside the first, from where ``lusscore check`` tells how far
    raters agree and a person can decide. Where the manifest's score is one that a rule made of
    several raters (``majority of 2``, ``tie of 2``, ``mean of 3``), the rule is applied again with
    this score among them, so that a third rater can break a tie.

    All else in both files stays as it is, byte for byte. A process that is killed leaves files
    that are whole; two that save at once wait for each other.

    Parameters
    ----------
    cohort_folder
        Folder of card and manifest.
    clip
        As the manifest writes it.
    score
        0–3.
    rater
        Who says so.
    zone
        Where the clip was taken, if the manifest does not know or is to be corrected; all rows
        of the clip get it. None or empty leaves it as it is.
    frames
        First frame and the one after the last of the row that is meant; needed only where the
        manifest has several rows of the clip.

    Raises
    ------
    CohortError
        If there is no such cohort, clip or row, the score, rater or zone is not allowed, or the
        files cannot be written or are held by another process. Nothing is changed then.
    """
    check_score(score)
    rater = check_rater(rater)
    if not cohort_folder.is_dir():
        read_cohort(cohort_folder)  # tells that there is none
    with hold_cohort(cohort_folder):
        return record_held(cohort_folder, clip, score, rater, zone or "", frames)


def record_held(
    folder: Path,
    clip: str,
    score: int,
    rater: str,
    zone: str,
    frames: tuple[int, int | None] | None = None,
) -> Recorded:
    """Do what :func:`record_label` does in a cohort that is held already, input being checked."""
    cohort = read_cohort(folder, check_files=False)
    check_zone(zone, cohort.protocol)
    segment = _find(cohort, clip, frames)
    manifest = CsvEdit.read(folder / MANIFEST_NAME)
    ratings_path = folder / RATINGS_NAME
    several = bool(read_ratings(ratings_path))  # also refuses what is not valid
    there = ratings_path.exists()
    ratings = CsvEdit.read(ratings_path) if there else CsvEdit.empty(RATING_COLUMNS)
    said = opinions_of(ratings, segment)
    # a rule whose raters are not all known cannot be applied again
    decided = 0 < deciders(segment.rater) <= len(said)
    outcome: Outcome = "label"
    now = replace(segment, score=score, rater=rater)
    keep = several
    if segment.score is None and not decided:
        pass
    elif segment.rater == rater:
        outcome = "unchanged" if segment.score == score else "correction"
    else:
        outcome = "opinion" if rater not in said else "correction"
        outcome = "unchanged" if said.get(rater) == score else outcome
        keep, now = True, segment
        if decided:
            settled, told = decide_again(segment.rater, {**said, rater: score})
            now = replace(segment, score=settled, rater=told)
        elif segment.score is not None and not deciders(segment.rater):
            first = segment.rater or UNNAMED
            if first not in said:
                keep_opinion(ratings, segment, first, segment.score)
    if keep:
        keep_opinion(ratings, segment, rater, score)
    _edit(manifest, segment, now, zone)
    # the opinions first: killed in between, what was said is there, and saying it again ends it
    if keep:
        replace_changed(ratings_path, ratings)
    replace_changed(folder / MANIFEST_NAME, manifest)
    return Recorded(clip, outcome, now.score, now.rater)


def replace_changed(path: Path, edit: CsvEdit) -> None:
    """Write a file, if what it says is not what it said."""
    content = edit.encode()
    if not path.exists() or path.read_bytes() != content:
        with written_whole(path) as file:
            file.write(content)


def _find(cohort: Cohort, clip: str, frames: tuple[int, int | None] | None) -> Segment:
    rows = [segment for segment in cohort.segments if segment.clip == clip]
    if not rows:
        raise CohortError(
            f"Cohort {cohort.name} has no such clip in its manifest; reload the list of clips, or "
            "add the clip to the cohort first."
        )
    if frames is not None:
        rows = [segment for segment in rows if (segment.frame_start, segment.frame_end) == frames]
    if len(rows) != 1:
        raise CohortError(
            f"The manifest of {cohort.name} has {len(rows) or 'no'} rows of those frames of the "
            "clip; expected one, so say which frames, as the manifest divides them."
        )
    return rows[0]


def _edit(manifest: CsvEdit, segment: Segment, now: Segment, zone: str) -> None:
    """Bring the clip's rows up to date, changing only those that say something else."""
    for number, cells in manifest.rows():
        if cells["clip"] != segment.clip:
            continue
        values = {"zone": zone} if zone and cells["zone"] != zone else {}
        start = int(cells.get("frame_start") or 0)
        end = int(cells["frame_end"]) if cells.get("frame_end") else None
        if (start, end) == (segment.frame_start, segment.frame_end):
            told = {"score": "" if now.score is None else str(now.score), "rater": now.rater}
            values |= {name: text for name, text in told.items() if cells.get(name, "") != text}
        if values:
            manifest.change(number, values)
