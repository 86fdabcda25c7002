"""What the clips of a cohort are on disk: digested and read through once, and remembered."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from lusscore.clips import RepeatFinder, clip_regions, digest_clip, open_clip, stamp_clip
from lusscore.cohort import Cohort, ExtractionSettings
from lusscore.errors import ClipError
from lusscore.features.recipe import EXTRACTION_VERSION
from lusscore.files import read_record, write_record
from lusscore.sector import SECTOR_VERSION, Sector, SectorFinder

CACHE_NAME = ".cache"
MEDIA_NAME = "media.json"
# What reads clips and finds sectors is part of it: what other code found is not used.
_SCHEMA = f"8.{EXTRACTION_VERSION}.{SECTOR_VERSION}"
# Frames that are regular to within this many seconds are taken to be so.
_REGULAR = 1e-3

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Survey:
    """What one reading of a clip from end to end gives.

    `frames` can be decoded, at least 1. `period` is the seconds between frames of a regular clip,
    `seconds` those of each frame since the first of any other; without a clock there is neither.
    `repeats` are the numbers of frames that show a picture again.
    """

    frames: int
    period: float | None
    seconds: tuple[float, ...]
    repeats: tuple[int, ...]
    sector: Sector

    @property
    def times(self) -> NDArray[np.float64]:
        """Seconds of each frame since the first, shape (frames,); NaN without a clock."""
        if self.seconds:
            return np.array(self.seconds, np.float64)
        period = math.nan if self.period is None else self.period
        return period * np.arange(self.frames, dtype=np.float64)


_SURVEY = TypeAdapter(Survey)


@dataclass(frozen=True)
class Media:
    """One clip on disk, `clip` being its path as the manifest writes it.

    `digest` is the SHA-256 of the media bytes; of a clip that is `away`, which cannot be opened at
    all now, the last that is known, or empty. `stamp` is what :func:`lusscore.clips.stamp_clip`
    gave before it was read, `error` why it cannot be read to its end, and `survey` what reading
    it gave; None where it cannot be read or was not yet.
    """

    clip: str
    digest: str = ""
    stamp: tuple[int, ...] = ()
    error: str = ""
    away: bool = False
    survey: Survey | None = None


@dataclass(frozen=True)
class PlannedClip:
    """A clip and the frames of it that embeddings are needed of.

    `path`, `digest`, `error` and `stamp` are those of :class:`Media`; `frames` are increasing
    numbers, shape (selected,). `sector` is None where that was not looked for yet, `variants` for
    all that the settings ask for.
    """

    path: str
    digest: str
    frames: NDArray[np.int64]
    error: str = ""
    stamp: tuple[int, ...] = ()
    sector: Sector | None = None
    variants: tuple[int, ...] | None = None


def plan_clip(media: Media, settings: ExtractionSettings) -> PlannedClip:
    """Choose the frames of a clip by the card's frames policy.

    Frames that repeat the one before are taken out first where the settings say so.
    """
    survey = media.survey
    if survey is None:
        return PlannedClip(
            media.clip, media.digest, np.empty(0, np.int64), media.error, media.stamp
        )
    usable = np.arange(survey.frames)
    if settings.repeated == "drop":
        usable = np.setdiff1d(usable, survey.repeats)
    times = survey.times[usable]
    frames = usable[settings.frames.select(len(usable), times)].astype(np.int64)
    return PlannedClip(media.clip, media.digest, frames, media.error, media.stamp, survey.sector)


def survey_clip(path: Path) -> Survey:
    """Read a clip from end to end, once; ClipError if it cannot be read to its end."""
    sector = SectorFinder(clip_regions(path))
    repeated = RepeatFinder()
    times: list[float] = []
    repeats: list[int] = []
    for frame in open_clip(path):
        sector.add(frame.rgb)
        if repeated.add(frame.rgb):
            repeats.append(frame.index)
        times.append(frame.time)
    return Survey(len(times), *_clock(times), tuple(repeats), sector.find())


def inspect_clip(clip: str, path: Path) -> Media:
    """Digest a clip and read it from end to end; nothing is remembered."""
    return _survey(_digest(clip, path, stamp_clip(path), None), path)


class MediaIndex:
    """The clips of a cohort, looked at in threads and remembered between runs.

    A clip whose size and modification time are those of the last run is not digested again,
    unless `reread` is set; what reading it gave is kept by its digest, for all cohorts. Clips
    that failed are tried again.
    """

    def __init__(self, cohort: Cohort, features_dir: Path, *, reread: bool = False) -> None:
        self._cohort = cohort
        self._cache = features_dir / CACHE_NAME
        self._memory = features_dir / cohort.name / MEDIA_NAME
        known = read_record(self._memory) or {}
        self._known = known["clips"] if known.get("schema") == _SCHEMA else {}
        self._reread = reread

    def digest(
        self, progress: Progress | None = None, clips: Sequence[str] | None = None
    ) -> list[Media]:
        """Digest clips, by default all in manifest order; those read before have their survey.

        `progress` is called with (clips done, clips in all).
        """
        found = self._map(self._look, self._cohort.clips() if clips is None else clips, progress)
        remembered = dict(self._known)
        for media in found:
            if media.stamp:
                # what a clip was before is remembered too: it may have to be forgotten
                before, _, earlier = self._known.get(media.clip, [media.digest, [], []])
                changed = before != media.digest
                earlier = [*earlier, before] if changed else earlier
                remembered[media.clip] = [media.digest, list(media.stamp), earlier]
        if remembered != self._known:
            write_record(self._memory, {"schema": _SCHEMA, "clips": remembered})
        return found

    def survey(self, media: Media) -> Media:
        """Read a clip from end to end unless that was done before."""
        if media.survey is not None or media.error:
            return media
        path = self._cohort.clip_path(media.clip)
        found = _survey(media, path)
        if found.survey is not None and stamp_clip(path) != media.stamp:
            error = "The clip was changed while it was being read; run again."
            return replace(found, survey=None, error=error)
        if found.survey is not None:
            record = {"schema": _SCHEMA, "digest": found.digest, "survey": asdict(found.survey)}
            write_record(survey_path(self._cache, found.digest), record)
        return found

    def survey_all(
        self, progress: Progress | None = None, clips: Sequence[str] | None = None
    ) -> list[Media]:
        """Digest clips as :meth:`digest` does, and read each from end to end."""
        return self._map(self.survey, self.digest(None, clips), progress)

    def _look(self, clip: str) -> Media:
        path = self._cohort.clip_path(clip)
        stamp = stamp_clip(path)
        known = self._known.get(clip)
        if stamp and known and tuple(known[1]) == stamp and not self._reread:
            media = Media(clip, known[0], stamp)
        else:
            media = _digest(clip, path, stamp, known)
        return replace(media, survey=self._recall(media.digest))

    def _recall(self, digest: str) -> Survey | None:
        record = read_record(survey_path(self._cache, digest)) if digest else None
        if record is None or (record["schema"], record["digest"]) != (_SCHEMA, digest):
            return None
        return _SURVEY.validate_python(record["survey"])

    @staticmethod
    def _map(
        look: Callable[[Any], Media], clips: Sequence[Any], progress: Progress | None
    ) -> list[Media]:
        found = []
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for media in pool.map(look, clips):
                found.append(media)
                if progress is not None:
                    progress(len(found), len(clips))
        return found


def survey_path(cache: Path, digest: str) -> Path:
    """Return where the survey of a clip is kept, by the digest of its bytes."""
    return cache / "clips" / digest[:2] / f"{digest[:32]}.json"


def _digest(clip: str, path: Path, stamp: tuple[int, ...], known: Any) -> Media:
    """Digest a clip; one that cannot be opened has the digest that is known of it."""
    try:
        return Media(clip, digest_clip(path), stamp)
    except ClipError as error:
        return Media(clip, known[0] if known else "", (), error.without_path(), away=True)


def _survey(media: Media, path: Path) -> Media:
    if media.error:
        return media
    try:
        return replace(media, survey=survey_clip(path))
    except ClipError as error:
        return replace(media, error=error.without_path())


def _clock(times: Sequence[float]) -> tuple[float | None, tuple[float, ...]]:
    """Keep times in few numbers: the period where frames are all but regular, else each."""
    known = np.asarray(times, np.float64)
    if not len(known) or np.isnan(known).any():
        return None, ()
    since = known - known[0]
    period = float(since[-1]) / max(1, len(known) - 1)
    if np.abs(since - period * np.arange(len(known))).max() <= _REGULAR:
        return round(period, 9), ()
    return None, tuple(round(float(time), 6) for time in since)
