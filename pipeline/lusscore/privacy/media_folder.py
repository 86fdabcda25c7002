"""The folder of the copies: which are finished, which are still to be made."""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lusscore.errors import ClipError
from lusscore.privacy.copy_clip import UNFINISHED, remove_copy
from lusscore.privacy.copy_task import run_copy_tasks, unwritable
from lusscore.privacy.dicom_header import Owner
from lusscore.privacy.key_file import KeyFile
from lusscore.privacy.key_rows import Entry
from lusscore.privacy.treatment import RedactionResult
from lusscore.sector import Sector

MEDIA = "media"
"""Name of the folder, inside the cohort's."""

_SECONDS_BETWEEN_SAVES = 2.0


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
    treatment: RedactionResult


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
            raise unwritable(self._folder, error) from None
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
        for clip, entry, done in run_copy_tasks(tasks, jobs):
            if isinstance(done, ClipError):
                yield clip, done
                continue
            self._key.put(entry)
            if time.monotonic() - self._saved > _SECONDS_BETWEEN_SAVES:
                self._key.save()
                self._saved = time.monotonic()
            yield clip, CopiedClip(f"{MEDIA}/{done}", RedactionResult(entry.treatment))

    def unused(self, names: Container[str]) -> tuple[str, ...]:
        """List what lies here and is not in `names`, as the manifest would write it."""
        found = sorted(f"{MEDIA}/{path.name}" for path in self._folder.iterdir())
        return tuple(name for name in found if name not in names)

    def _entry(self, clip: Path) -> Entry:
        return self._key.entry("clip", clip.as_posix(), self._cohort)
