"""The copies of one cohort's clips: which are finished, and making the others."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from lusscore.clips import digest_clip, read_facts
from lusscore.errors import ClipError, PrivacyError
from lusscore.privacy.dicom import Owner, copy_dicom
from lusscore.privacy.key_file import Entry, KeyFile
from lusscore.privacy.pictures import anything_to_blank, copy_images, kept_pixels
from lusscore.privacy.video import copy_video
from lusscore.sector import Sector

MEDIA = "media"
"""Name of the folder of copies, inside the cohort's."""

_SUFFIXES = {"DICOM": ".dcm", "image": ".png", "image folder": ""}
_VIDEO = ".mp4"
_UNFINISHED = ".unfinished-"
_SECONDS_BETWEEN_SAVES = 2.0

FindSector = Callable[[Path], Sector]


class RedactionResult(Enum):
    """What was done to the pictures of a clip; its metadata is taken out in any case."""

    NOTHING_OUTSIDE = "nothing outside the sector"
    """Everything outside the sector was black already; the pictures were left as they were."""

    BLANKED = "blanked outside the sector"
    """The pictures are black outside the sector and where text was found."""

    GUESSED = "blanked outside what may be the sector"
    """Nothing moves, so the sector was found by brightness alone: somebody must look at it."""

    TEXT_BLANKED = "no sector found, text blanked"
    """Only the text that was found is black: somebody must look at the clip."""

    NOT_BLANKED = "no sector found, nothing blanked"
    """The pictures were left as they were: somebody must look at the clip."""

    @classmethod
    def of(cls, source: str, *, blanked: bool) -> RedactionResult:
        """Return the result for a sector's `source` and whether anything was made black."""
        if source == "whole":
            return cls.TEXT_BLANKED if blanked else cls.NOT_BLANKED
        if source == "brightness":
            return cls.GUESSED
        return cls.BLANKED if blanked else cls.NOTHING_OUTSIDE

    @property
    def needs_review(self) -> bool:
        """Whether a person must make sure that no name is left in the pictures."""
        return self not in (RedactionResult.NOTHING_OUTSIDE, RedactionResult.BLANKED)


@dataclass(frozen=True)
class CopiedClip:
    """A de-identified copy: its path as the manifest writes it, what was done to its pictures."""

    clip: str
    result: RedactionResult


class MediaFolder:
    """The copies of one cohort; leaving it puts what is finished into the key file."""

    def __init__(self, folder: Path, key: KeyFile) -> None:
        self._cohort = folder.name
        self._folder = folder / MEDIA
        self._key = key
        self._saved = time.monotonic()

    def __enter__(self) -> MediaFolder:
        """Make the folder and remove what a killed run left unfinished."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for path in self._folder.glob(f"{_UNFINISHED}*"):
                _remove(path)
        except OSError as error:
            raise _unwritable(self._folder, error) from None
        return self

    def __exit__(self, *_: object) -> None:
        self._key.save()

    def pseudonym(self, clip: Path) -> str:
        """Return what a clip is called here."""
        return self._entry(clip).pseudonym

    def copy_all(
        self, owners: Mapping[Path, Owner], find: FindSector, jobs: int
    ) -> Iterator[tuple[Path, CopiedClip | ClipError]]:
        """Make the copies that are not there yet, in `jobs` processes (-1: one per processor).

        Yields each clip and its copy, or why there is none, in any order. Raises PrivacyError if
        a copy cannot be written.
        """
        tasks = ((clip, self._folder, self._entry(clip), owners[clip], find) for clip in owners)
        for clip, entry, copy in _run(tasks, jobs):
            if isinstance(copy, ClipError):
                yield clip, copy
                continue
            self._key.put(entry)
            if time.monotonic() - self._saved > _SECONDS_BETWEEN_SAVES:
                self._key.save()
                self._saved = time.monotonic()
            yield clip, CopiedClip(f"{MEDIA}/{copy}", RedactionResult(entry.treatment))

    def unused(self, names: Container[str]) -> tuple[str, ...]:
        """List what lies here and is not in `names`, as the manifest would write it."""
        found = sorted(f"{MEDIA}/{path.name}" for path in self._folder.iterdir())
        return tuple(name for name in found if name not in names)

    def _entry(self, clip: Path) -> Entry:
        return self._key.entry("clip", clip.as_posix(), self._cohort)


_Task = tuple[Path, Path, Entry, Owner, FindSector]
_Done = tuple[Path, Entry, "str | ClipError"]


def _run(tasks: Iterable[_Task], jobs: int) -> Iterator[_Done]:
    if jobs == 1:
        return (_bring_up_to_date(*task) for task in tasks)
    from joblib import Parallel, delayed

    run = Parallel(n_jobs=jobs, return_as="generator_unordered")
    return iter(run(delayed(_bring_up_to_date)(*task) for task in tasks))


def _bring_up_to_date(
    clip: Path, folder: Path, entry: Entry, owner: Owner, find: FindSector
) -> _Done:
    """Copy a clip unless that is done; return its finished entry and the copy's name."""
    try:
        digest = digest_clip(clip)
        copy = folder / (entry.pseudonym + _SUFFIXES.get(read_facts(clip).kind, _VIDEO))
        if (entry.digest, entry.owner) == (digest, owner.exam) and _is_whole(copy, entry):
            return clip, entry, copy.name
        try:
            result = _copy(clip, copy, owner, find)
        except OSError as error:
            raise _unwritable(folder, error) from None
        finished = replace(
            entry,
            digest=digest,
            copy_digest=digest_clip(copy),
            owner=owner.exam,
            treatment=result.value,
        )
        return clip, finished, copy.name
    except ClipError as error:
        return clip, entry, error


def _is_whole(copy: Path, entry: Entry) -> bool:
    """Tell whether a copy is as it was when it was finished."""
    try:
        known = entry.treatment in {result.value for result in RedactionResult}
        return known and digest_clip(copy) == entry.copy_digest
    except ClipError:
        return False


def _copy(clip: Path, copy: Path, owner: Owner, find: FindSector) -> RedactionResult:
    """Write a de-identified copy of a clip, which takes its name when it is complete."""
    sector = find(clip)
    keep = kept_pixels(sector)
    # of this process alone: a worker may outlive the run that was killed for a moment
    unfinished = copy.with_name(f"{_UNFINISHED}{os.getpid()}-{copy.name}")
    _remove(unfinished)
    try:
        if copy.suffix == _VIDEO:
            blanked = copy_video(clip, unfinished, keep)
        else:
            blanked = anything_to_blank(clip, keep)
        result = RedactionResult.of(sector.source, blanked=blanked)
        if copy.suffix == ".dcm":
            copy_dicom(clip, unfinished, keep, owner, clean=not result.needs_review)
        elif copy.suffix != _VIDEO:
            copy_images(clip, unfinished, keep)
        _remove(copy)
        unfinished.replace(copy)
    finally:
        _remove(unfinished)
    return result


def _remove(copy: Path) -> None:
    """Remove a copy, file or folder, if it is there."""
    if copy.is_dir():
        shutil.rmtree(copy)
    else:
        copy.unlink(missing_ok=True)


def _unwritable(folder: Path, error: OSError) -> PrivacyError:
    return PrivacyError(
        f"copies cannot be written ({error.strerror or type(error).__name__}); expected a place "
        "with room that can be written to",
        advice="make some and run this again: finished copies are kept",
        path=folder,
    )
