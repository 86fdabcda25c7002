"""What checks look at: all that is known of a cohort and of each of its clips."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from lusscore.checks.agreement import Agreement, measure_agreement
from lusscore.checks.frames import FramesSeen, look_at_frames
from lusscore.clips import ClipFacts, read_facts
from lusscore.cohort import RATINGS_NAME, Cohort, Rating, Segment, read_ratings
from lusscore.errors import ClipError, CohortError, InvalidCohortError, Problem
from lusscore.features import Media, MediaIndex, Survey
from lusscore.sector import Sector

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class ClipLook:
    """What is known of one clip; None or empty where it was not looked at or cannot be read."""

    clip: str  # path as the manifest writes it
    segments: tuple[Segment, ...]  # its rows of the manifest, at least one
    digest: str = ""  # SHA-256 of the media bytes
    error: str = ""  # why it cannot be read
    facts: ClipFacts | None = None  # what it says of itself
    survey: Survey | None = None  # its frames, as stage one counts them
    seen: FramesSeen = field(default_factory=FramesSeen)

    @property
    def patient(self) -> str:
        """Whose clip it is."""
        return self.segments[0].patient

    @property
    def zone(self) -> str:
        """Which zone it shows; empty when unknown."""
        return self.segments[0].zone

    @property
    def sector(self) -> Sector | None:
        """Where the tissue is, and where text is written."""
        return self.survey.sector if self.survey else None

    @property
    def title(self) -> str:
        """Patient, exam and zone."""
        parts = (self.patient, f"exam {self.segments[0].exam}", self.zone)
        return " · ".join(filter(None, parts))

    @property
    def device(self) -> str:
        """The device of the manifest, else the one the clip names; empty when unknown."""
        return self.segments[0].device or (self.facts.device if self.facts else "")

    def labelled_frames(self, segment: Segment) -> int:
        """Count the frames that a segment covers; 0 where the clip was not decoded."""
        if self.survey is None:
            return 0
        end = self.survey.frames if segment.frame_end is None else segment.frame_end
        return max(0, min(end, self.survey.frames) - segment.frame_start)


@dataclass(frozen=True)
class Inspection:
    """All that checks look at.

    Attributes
    ----------
    cohort
        The cohort; its manifest is valid but for clips that are not there.
    clips
        One look per clip, in manifest order.
    ratings
        What each rater said, where ``ratings.csv`` is there.
    ratings_problems
        What is wrong with ``ratings.csv``.
    missing
        Clips that are not on disk.
    """

    cohort: Cohort
    clips: tuple[ClipLook, ...]
    ratings: tuple[Rating, ...] = ()
    ratings_problems: tuple[Problem, ...] = ()
    missing: frozenset[str] = frozenset()

    @cached_property
    def titles(self) -> Mapping[str, str]:
        """What each clip is called where others may read it: files are named after people."""
        titles = {look.clip: look.title for look in self.clips}
        several, seen = Counter(titles.values()), Counter[str]()
        for clip, title in titles.items():
            seen[title] += 1
            if several[title] > 1:
                titles[clip] = f"{title} · {seen[title]}"
        return titles

    @cached_property
    def labelled(self) -> tuple[Segment, ...]:
        """Segments that have a score."""
        return tuple(segment for segment in self.cohort.segments if segment.score is not None)

    @cached_property
    def scores(self) -> Mapping[int, int]:
        """Number of labelled segments per score that occurs."""
        return Counter(segment.score for segment in self.labelled if segment.score is not None)

    @cached_property
    def frames_per_score(self) -> Mapping[int, int]:
        """Number of labelled frames per score that occurs; empty where nothing was decoded."""
        frames = Counter[int]()
        for look in self.clips:
            for segment in look.segments:
                if segment.score is not None:
                    frames[segment.score] += look.labelled_frames(segment)
        return +frames

    @cached_property
    def agreement(self) -> Agreement:
        """How far raters agree: by frames where clips were decoded, else by segments."""
        lengths = {look.clip: look.survey.frames for look in self.clips if look.survey}
        return measure_agreement(self.ratings, lengths or None)

    @cached_property
    def groups(self) -> Mapping[str, str]:
        """The group of every patient; empty text when unknown."""
        return {segment.patient: segment.group for segment in self.cohort.segments}

    @cached_property
    def by_clip(self) -> Mapping[str, ClipLook]:
        """The looks by clip."""
        return {look.clip: look for look in self.clips}


def inspect_manifest(cohort: Cohort, digests: Mapping[str, str] | None = None) -> Inspection:
    """Look at a cohort without touching a clip; digests of media bytes may be known."""
    known = digests or {}
    looks = (
        ClipLook(clip, segments, known.get(clip, ""))
        for clip, segments in _segments_of(cohort).items()
    )
    return Inspection(cohort, tuple(looks), *_ratings(cohort))


def inspect_headers(cohort: Cohort, progress: Progress | None = None) -> Inspection:
    """Look at the manifest and at what every clip says of itself; decode no video."""

    def look(clip: str, segments: tuple[Segment, ...]) -> ClipLook:
        facts, error = _facts(cohort.clip_path(clip))
        return ClipLook(clip, segments, error=error, facts=facts)

    return _inspect(cohort, look, progress)


def inspect_frames(
    cohort: Cohort,
    features_dir: Path,
    *,
    pictures: bool = False,
    counting: Progress | None = None,
    looking: Progress | None = None,
) -> Inspection:
    """Look at everything, all frames included, in two passes that report their progress.

    `features_dir` is where stage one remembers digests and what it read of clips.
    """
    index = {media.clip: media for media in MediaIndex(cohort, features_dir).survey_all(counting)}

    def look(clip: str, segments: tuple[Segment, ...]) -> ClipLook:
        return _look_at_all(cohort.clip_path(clip), segments, index[clip], pictures)

    return _inspect(cohort, look, looking)


def _look_at_all(
    path: Path, segments: tuple[Segment, ...], media: Media, pictures: bool
) -> ClipLook:
    facts, error = _facts(path)
    survey, seen = media.survey, FramesSeen()
    error = media.error or error
    if not error and survey is not None:
        try:
            seen = look_at_frames(path, survey.frames, survey.sector, pictures=pictures)
        except ClipError as failure:
            error = failure.without_path()
    survey = None if error else survey
    return ClipLook(media.clip, segments, media.digest, error, facts, survey, seen)


def _inspect(
    cohort: Cohort,
    look: Callable[[str, tuple[Segment, ...]], ClipLook],
    progress: Progress | None,
) -> Inspection:
    segments = _segments_of(cohort)
    looks = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for seen in pool.map(look, segments, segments.values()):
            looks.append(seen)
            if progress is not None:
                progress(len(looks), len(segments))
    missing = frozenset(clip for clip in segments if not _is_there(cohort.clip_path(clip)))
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
    try:
        return read_ratings(cohort.folder / RATINGS_NAME), ()
    except InvalidCohortError as error:
        return (), error.problems
    except CohortError as error:
        return (), (Problem(RATINGS_NAME, error.without_path().rstrip(".")),)


def _is_there(path: Path) -> bool:
    with suppress(OSError):
        return path.exists()
    return False
