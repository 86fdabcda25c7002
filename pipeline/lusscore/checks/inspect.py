"""Looking at a cohort: its manifest, the headers of its clips, all their frames."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from lusscore.checks.inspection import ClipLook, Inspection
from lusscore.checks.look_frames import look_at_frames
from lusscore.clips import ClipFacts, read_facts
from lusscore.cohort import RATINGS_NAME, Cohort, Rating, Segment, read_ratings
from lusscore.errors import ClipError, CohortError, InvalidCohortError, Problem
from lusscore.features import Media, MediaIndex

Progress = Callable[[int, int], None]


def inspect_manifest(cohort: Cohort, digests: Mapping[str, str] | None = None) -> Inspection:
    """Look at a cohort without touching a clip.

    Parameters
    ----------
    cohort
        The cohort.
    digests
        SHA-256 of clips' media bytes, where they are known.
    """
    known = digests or {}
    looks = (
        ClipLook(clip, segments, known.get(clip, ""))
        for clip, segments in _segments_of(cohort).items()
    )
    return Inspection(cohort, tuple(looks), *_ratings(cohort))


def inspect_headers(cohort: Cohort, progress: Progress | None = None) -> Inspection:
    """Look at the manifest and at what every clip says of itself; decode no video."""
    segments = _segments_of(cohort)

    def look(clip: str) -> ClipLook:
        facts, error = _facts(cohort.clip_path(clip))
        return ClipLook(clip, segments[clip], error=error, facts=facts)

    return _inspection(cohort, look, progress)


def inspect_frames(
    cohort: Cohort,
    features_dir: Path,
    *,
    pictures: bool = False,
    counting: Progress | None = None,
    looking: Progress | None = None,
) -> Inspection:
    """Look at everything, all frames included.

    Parameters
    ----------
    cohort
        The cohort.
    features_dir
        Folder of all feature files, where stage one remembers digests and what it read of clips.
    pictures
        Whether to keep a picture of every clip.
    counting, looking
        Called with (clips done, clips in all) of each of the two passes.
    """
    found = MediaIndex(cohort, features_dir).survey_all(counting)
    indexed = {media.clip: media for media in found}
    segments = _segments_of(cohort)

    def look(clip: str) -> ClipLook:
        return _look_at_all(cohort.clip_path(clip), segments[clip], indexed[clip], pictures)

    return _inspection(cohort, look, looking)


def _look_at_all(
    path: Path, segments: tuple[Segment, ...], media: Media, pictures: bool
) -> ClipLook:
    facts, error = _facts(path)
    survey = media.survey
    if error or media.error or survey is None:
        return ClipLook(media.clip, segments, media.digest, media.error or error, facts)
    try:
        seen = look_at_frames(path, survey.frames, survey.sector, pictures=pictures)
    except ClipError as failure:
        return ClipLook(media.clip, segments, media.digest, failure.without_path(), facts)
    return ClipLook(
        media.clip,
        segments,
        media.digest,
        facts=facts,
        survey=survey,
        hashes=seen.hashes,
        blank=seen.blank,
        picture=seen.picture,
        thumbnail=seen.thumbnail,
    )


def _inspection(
    cohort: Cohort, look: Callable[[str], ClipLook], progress: Progress | None
) -> Inspection:
    clips = cohort.clips()
    looks = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for seen in pool.map(look, clips):
            looks.append(seen)
            if progress is not None:
                progress(len(looks), len(clips))
    missing = frozenset(clip for clip in clips if not _is_there(cohort.clip_path(clip)))
    return Inspection(cohort, tuple(looks), *_ratings(cohort), missing)


def _segments_of(cohort: Cohort) -> dict[str, tuple[Segment, ...]]:
    segments: dict[str, list[Segment]] = {}
    for segment in cohort.segments:
        segments.setdefault(segment.clip, []).append(segment)
    return {clip: tuple(rows) for clip, rows in segments.items()}


def _facts(path: Path) -> tuple[ClipFacts | None, str]:
    try:
        return read_facts(path), ""
    except ClipError as error:
        return None, error.without_path()


def _ratings(cohort: Cohort) -> tuple[tuple[Rating, ...], tuple[Problem, ...]]:
    """Read what each rater said, or what is wrong with the file."""
    path = cohort.folder / RATINGS_NAME
    try:
        return read_ratings(path), ()
    except InvalidCohortError as error:
        return (), error.problems
    except CohortError as error:
        told = error.without_path().rstrip(".")
    except OSError as error:
        told = (
            f"The file cannot be read ({error.strerror or 'unknown reason'}); check that it may be"
        )
    return (), (Problem(RATINGS_NAME, told),)


def _is_there(path: Path) -> bool:
    with suppress(OSError):
        return path.exists()
    return False
