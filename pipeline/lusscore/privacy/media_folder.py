"""The folder of the copies: which are finished, which are still to be made."""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from lusscore.clips import digest_clip
from lusscore.errors import ClipError, PrivacyError
from lusscore.privacy.copy_clip import UNFINISHED, copy_clip, copy_name, remove_copy
from lusscore.privacy.dicom_header import Owner
from lusscore.privacy.key_file import KeyFile
from lusscore.privacy.key_rows import Entry
from lusscore.privacy.treatment import Treatment
from lusscore.sector import Sector

MEDIA = "media"
"""Name of the folder, inside the cohort's."""

_SECONDS_BETWEEN_SAVES = 2.0
_TREATMENTS = frozenset(treatment.value for treatment in Treatment)


@dataclass(frozen=True)
class CopiedClip:
    """One clip that has a de-identified copy.

    Attributes
    ----------
    clip
        Path of the copy as the manifest writes it.
    treatment
        What was done to its pictures.
    """

    clip: str
    treatment: Treatment


class MediaFolder:
    """The copies of one cohort; leaving it puts what is finished into the key file.

    Parameters
    ----------
    folder
        The cohort's folder.
    key
        Where finished copies are noted.
    """

    def __init__(self, folder: Path, key: KeyFile) -> None:
        self._cohort = folder.name
        self._folder = folder / MEDIA
        self._key = key
        self._saved = time.monotonic()

    def __enter__(self) -> MediaFolder:
        """Make the folder and remove what a killed run left unfinished."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            for path in self._folder.glob(f"{UNFINISHED}*"):
                remove_copy(path)
        except OSError as error:
            raise _unwritable(self._folder, error) from None
        return self

    def __exit__(self, *_: object) -> None:
        self._key.save()

    def pseudonym(self, clip: Path) -> str:
        """Return what a clip is called here."""
        return self._entry(clip).pseudonym

    def copy_all(
        self, owners: Mapping[Path, Owner], find: Callable[[Path], Sector], jobs: int
    ) -> Iterator[tuple[Path, CopiedClip | ClipError]]:
        """Make the copies that are not there yet, and yield each clip's, in any order.

        Parameters
        ----------
        owners
            Whose each clip is.
        find
            Finds the sector of a clip.
        jobs
            Processes to use; -1 for one per processor.

        Yields
        ------
        clip, copy
            Or, instead of a copy, why there is none.

        Raises
        ------
        PrivacyError
            If a copy cannot be written.
        """
        tasks = ((clip, self._folder, self._entry(clip), owners[clip], find) for clip in owners)
        for clip, entry, done in _run(tasks, jobs):
            if isinstance(done, ClipError):
                yield clip, done
                continue
            self._key.put(entry)
            if time.monotonic() - self._saved > _SECONDS_BETWEEN_SAVES:
                self._key.save()
                self._saved = time.monotonic()
            yield clip, CopiedClip(f"{MEDIA}/{done}", Treatment(entry.treatment))

    def unused(self, names: Container[str]) -> tuple[str, ...]:
        """List what lies here and is not in `names`, as the manifest would write it."""
        found = sorted(f"{MEDIA}/{path.name}" for path in self._folder.iterdir())
        return tuple(name for name in found if name not in names)

    def _entry(self, clip: Path) -> Entry:
        return self._key.entry("clip", clip.as_posix(), self._cohort)


_Task = tuple[Path, Path, Entry, Owner, Callable[[Path], Sector]]
_Done = tuple[Path, Entry, "str | ClipError"]


def _run(tasks: Iterable[_Task], jobs: int) -> Iterator[_Done]:
    """Run tasks here, or in processes of their own."""
    if jobs == 1:
        return (_bring_up_to_date(*task) for task in tasks)
    from joblib import Parallel, delayed

    run = Parallel(n_jobs=jobs, return_as="generator_unordered")
    return iter(run(delayed(_bring_up_to_date)(*task) for task in tasks))


def _bring_up_to_date(
    clip: Path, folder: Path, entry: Entry, owner: Owner, find: Callable[[Path], Sector]
) -> _Done:
    """Copy a clip unless that is done; return it, its finished row, and the copy's file name.

    Instead of the name an error is returned if the clip cannot be copied.
    """
    try:
        digest = digest_clip(clip)
        copy = folder / copy_name(clip, entry.pseudonym)
        if (entry.digest, entry.owner) == (digest, owner.exam) and _is_whole(copy, entry):
            return clip, entry, copy.name
        try:
            treatment = copy_clip(clip, copy, owner, find)
        except OSError as error:
            raise _unwritable(folder, error) from None
        finished = replace(
            entry,
            digest=digest,
            copy_digest=digest_clip(copy),
            owner=owner.exam,
            treatment=treatment.value,
        )
        return clip, finished, copy.name
    except ClipError as error:
        return clip, entry, error


def _is_whole(copy: Path, entry: Entry) -> bool:
    """Tell whether a copy is as it was when it was finished."""
    try:
        return entry.treatment in _TREATMENTS and digest_clip(copy) == entry.copy_digest
    except ClipError:
        return False


def _unwritable(folder: Path, error: OSError) -> PrivacyError:
    return PrivacyError(
        f"Copies cannot be written to {folder} ({error.strerror}); expected a place with room "
        "that can be written to, so make some and run this again: finished copies are kept."
    )
