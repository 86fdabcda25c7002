"""Saving a rater's score of a clip that a cohort has."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout

from lusscore.cohort import (
    MANIFEST_NAME,
    MAXIMUM_ZONE_SCORE,
    RATING_COLUMNS,
    RATINGS_NAME,
    UNNAMED,
    Cohort,
    Protocol,
    Segment,
    parse_rule,
    read_cohort,
    read_ratings,
)
from lusscore.errors import CohortError
from lusscore.labelling.csv_table import CsvTable

LOCK_NAME = ".labels.lock"
PATIENCE = 30.0
_LONGEST = 100
_DECIDED = re.compile(r"(?:majority|mean|tie) of ([0-9]{1,4})")
Rows = list[dict[str, str]]

Outcome = Literal["label", "correction", "opinion", "unchanged"]


@dataclass(frozen=True)
class Recorded:
    """What became of a score.

    Attributes
    ----------
    clip
        As the manifest writes it.
    outcome
        ``"label"``: the clip had none, and this is it. ``"correction"``: it replaces the rater's
        own. ``"opinion"``: another rater's label stands, and this is saved as a second rating.
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
    score goes to ``ratings.csv`` beside the first, from where ``lusscore check`` reports how far
    raters agree and a person can decide. Where the manifest's score is a consensus
    (``majority of 2``, ``tie of 2``, ``mean of 3``), its rule is applied again with this score
    among them, so that a third rater can break a tie.

    All other cells of both files stay as they are. A process that is killed leaves files that are
    whole; two that save at once wait for each other.

    `clip` is as the manifest writes it. `zone` is where it was taken, if the manifest does not know
    or is to be corrected; all rows of the clip get it. `frames`, the first frame and the one after
    the last of the row that is meant, are needed only where a clip has several rows.

    Raises
    ------
    CohortError
        If there is no such cohort, clip or row, the score, rater or zone is not allowed, or the
        files cannot be written or are held by another process. Nothing is changed then.
    """
    check_score(score)
    rater = check_rater(rater)
    if not cohort_folder.is_dir():
        read_cohort(cohort_folder)  # says that there is none
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
    keep = bool(read_ratings(folder / RATINGS_NAME))  # also refuses what is not valid
    ratings = CsvTable(folder / RATINGS_NAME, RATING_COLUMNS)
    said = scores_of(ratings.rows, segment)
    # a rule whose raters are not all known cannot be applied again
    decided = 0 < deciders(segment.rater) <= len(said)
    outcome: Outcome = "label"
    now = replace(segment, score=score, rater=rater)
    if segment.score is None and not decided:
        pass
    elif segment.rater == rater:
        outcome = "unchanged" if segment.score == score else "correction"
    else:
        outcome = "opinion" if rater not in said else "correction"
        outcome = "unchanged" if said.get(rater) == score else outcome
        keep, now = True, segment
        if decided:
            consensus, names = decide_again(segment.rater, {**said, rater: score})
            now = replace(segment, score=consensus, rater=names)
        elif segment.score is not None and not deciders(segment.rater):
            first = segment.rater or UNNAMED
            if first not in said:
                rate(ratings.rows, segment, first, segment.score)
    if keep:
        rate(ratings.rows, segment, rater, score)
    # ratings first: killed in between, what was said is there, and saving it again ends it
    ratings.write()
    manifest = CsvTable(folder / MANIFEST_NAME, ())
    for row in manifest.rows:
        if row["clip"] == clip and zone:
            row["zone"] = zone
        if row["clip"] == clip and _frames(row) == _frames(vars(now)):
            row |= {"score": "" if now.score is None else str(now.score), "rater": now.rater}
    manifest.write()
    return Recorded(clip, outcome, now.score, now.rater)


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


def deciders(rater: str) -> int:
    """Return how many raters decided, where a manifest names a rule: 3 for ``majority of 3``.

    0 where it names a person, or nobody.
    """
    found = _DECIDED.fullmatch(rater)
    return int(found[1]) if found else 0


def decide_again(rater: str, scores: Mapping[str, int]) -> tuple[int | None, str]:
    """Apply the rule that a manifest's rater names to the scores that there are now.

    `scores` has at least one rater. Returns the score, None for a tie, and what to write for the
    rater.
    """
    word = rater.partition(" ")[0]
    rule = parse_rule("majority" if word == "tie" else word, scores)  # only a majority can tie
    score = rule.decide(scores)
    return score, f"{'tie' if score is None else rule.name} of {len(scores)}"


def scores_of(ratings: Rows, segment: Segment) -> dict[str, int]:
    """Return rater → score of those who scored all frames of a segment."""
    start, end = _frames(vars(segment))
    scores = {}
    for row in ratings:
        first, last = _frames(row)
        if row["clip"] == segment.clip and first <= start and end <= last:
            scores[row["rater"]] = int(row["score"])
    return scores


def rate(ratings: Rows, segment: Segment, rater: str, score: int) -> None:
    """Write a rater's score of a segment, in place of that rater's earlier one.

    What the rater said of other frames of the clip stays.
    """
    start, end = _frames(vars(segment))
    own = {"clip": segment.clip, "rater": rater}
    for row in list(ratings):
        first, last = _frames(row)
        if not own.items() <= row.items() or first >= end or last <= start:
            continue
        if (first, last) == (start, end):
            row["score"] = str(score)
            return
        ratings.remove(row)
        for begin, stop in ((first, min(last, start)), (max(first, end), last)):
            if begin < stop:
                ratings.append(own | {"score": row["score"]} | _cells(begin, stop))
    ratings.append(own | {"score": str(score)} | _cells(start, end))


def _frames(row: Mapping[str, Any]) -> tuple[float, float]:
    """Return the first frame of a row and the one after its last; infinity where it is open."""
    return int(row.get("frame_start") or 0), int(row.get("frame_end") or 0) or math.inf


def _cells(start: float, end: float) -> dict[str, str]:
    last = "" if end == math.inf else str(int(end))
    return {"frame_start": str(int(start)) if start or last else "", "frame_end": last}


@contextmanager
def hold_cohort(folder: Path) -> Iterator[None]:
    """Be the one process that changes the labels of a cohort; wait for others first.

    The operating system releases the lock of a process that dies, however it dies.

    Raises
    ------
    CohortError
        If another process has not finished after half a minute, or the folder cannot be written.
    """
    lock = FileLock(folder / LOCK_NAME)
    try:
        lock.acquire(timeout=PATIENCE, poll_interval=0.02)
    except Timeout:
        raise CohortError(
            f"Labels of {folder.name} are being written by another process; save again when it "
            "has finished."
        ) from None
    except OSError as error:
        raise CohortError(
            f"labels cannot be written ({(error.strerror or 'unknown reason').lower()})",
            advice="check the disk and your permissions; nothing was saved",
            path=folder,
        ) from None
    try:
        yield
    finally:
        lock.release()


def check_score(score: int) -> None:
    """Refuse anything but the whole numbers 0, 1, 2, 3."""
    if type(score) is not int or not 0 <= score <= MAXIMUM_ZONE_SCORE:
        raise CohortError(f"A score of {score!r} is not allowed; expected 0, 1, 2 or 3.")


def check_words(what: str, words: str, *, needed: bool = True) -> str:
    """Return a cell's text without surrounding spaces; refuse what is not one short line."""
    words = words.strip()
    if needed and not words:
        raise CohortError(f"The {what} is empty; a label is saved only with it.")
    if len(words) > _LONGEST or not words.isprintable():
        raise CohortError(
            f"The {what} cannot be saved; expected one line of at most {_LONGEST} characters."
        )
    return words


def check_rater(rater: str) -> str:
    """Return the rater's name without surrounding spaces; refuse words that mean a consensus."""
    rater = check_words("rater", rater)
    if rater == UNNAMED or deciders(rater):
        raise CohortError(
            f"A rater cannot be called {rater!r}, which means something else in a manifest; "
            "expected a name or initials."
        )
    return rater


def check_zone(zone: str, protocol: Protocol) -> None:
    """Refuse a zone that the protocol does not have; empty means that it is not known."""
    if zone and zone not in protocol.zone_names:
        raise CohortError(
            f"{zone!r} is not a zone of {protocol.name}; expected one of "
            f"{', '.join(protocol.zone_names)}."
        )
