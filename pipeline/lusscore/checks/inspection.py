"""All that checks look at: what is known of a cohort and of each of its clips."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from lusscore.checks.agreement import Agreement, measure_agreement
from lusscore.checks.frame_hashes import FrameHashes
from lusscore.clips import ClipFacts
from lusscore.cohort import Cohort, Rating, Segment
from lusscore.errors import Problem
from lusscore.features import Survey
from lusscore.sector import Sector


@dataclass(frozen=True)
class ClipLook:
    """What is known of one clip; None or empty where it was not looked at or cannot be read.

    Attributes
    ----------
    clip
        Path as the manifest writes it.
    segments
        Its rows of the manifest, at least one.
    digest
        SHA-256 of the media bytes.
    error
        Why the clip cannot be read.
    facts
        What the clip says of itself.
    survey
        Its frames, as stage one counts them.
    hashes
        Perceptual hashes of frames throughout the clip.
    blank
        Frames without a picture (one colour all over), of those looked at.
    picture
        JPEG of the middle frame as it is, reduced; empty unless asked for.
    thumbnail
        JPEG of the same frame within the sector, text painted over; empty unless asked for, or
        where no sector was found.
    """

    clip: str
    segments: tuple[Segment, ...]
    digest: str = ""
    error: str = ""
    facts: ClipFacts | None = None
    survey: Survey | None = None
    hashes: FrameHashes | None = None
    blank: int = 0
    picture: bytes = b""
    thumbnail: bytes = b""

    @property
    def patient(self) -> str:
        """Whose clip it is."""
        return self.segments[0].patient

    @property
    def labels(self) -> tuple[tuple[int, int | None, int | None], ...]:
        """First frame, end and score of every segment, in the order of frames."""
        return tuple(
            sorted(
                (
                    (segment.frame_start, segment.frame_end, segment.score)
                    for segment in self.segments
                ),
                key=lambda label: label[0],
            )
        )

    @property
    def labelled(self) -> bool:
        """Whether any of its segments has a score."""
        return any(segment.score is not None for segment in self.segments)

    @property
    def sector(self) -> Sector | None:
        """Where the tissue is, and where text is written."""
        return self.survey.sector if self.survey else None

    @property
    def title(self) -> str:
        """Patient, exam and zone."""
        segment = self.segments[0]
        return " · ".join(
            part for part in (self.patient, f"exam {segment.exam}", segment.zone) if part
        )

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
    missing: frozenset[str] = field(default_factory=frozenset)

    @cached_property
    def titles(self) -> Mapping[str, str]:
        """What each clip is called where others may read it: files are named after people."""
        told = {look.clip: look.title for look in self.clips}
        several, seen = Counter(told.values()), Counter[str]()
        for clip, title in told.items():
            seen[title] += 1
            if several[title] > 1:
                told[clip] = f"{title} · {seen[title]}"
        return told

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
        frames: Counter[int] = Counter()
        for look in self.clips:
            for segment in look.segments:
                if segment.score is not None:
                    frames[segment.score] += look.labelled_frames(segment)
        return +frames

    @cached_property
    def agreement(self) -> Agreement:
        """How far raters agree: by frames where clips were decoded, else by stretches."""
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
