"""The folder of the copies: which are finished, which are still to be made."""

from __future__ import annotations

import time
from collections.abc import Callable, Container
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
            raise self._unwritable(error) from None
        return self

    def __exit__(self, *_: object) -> None:
        self._key.save()

    def pseudonym(self, clip: Path) -> str:
        """Return what a clip is called here."""
        return self._entry(clip).pseudonym

    def copy(self, clip: Path, owner: Owner, find: Callable[[Path], Sector]) -> CopiedClip:
        """Copy a clip unless that is done already.

        Raises
        ------
        ClipError
            If the clip cannot be read, or not be copied faithfully.
        PrivacyError
            If the copy cannot be written.
        """
        entry, digest = self._entry(clip), digest_clip(clip)
        copy = self._folder / copy_name(clip, entry.pseudonym)
        name = f"{MEDIA}/{copy.name}"
        if (entry.digest, entry.owner) == (digest, owner.exam) and self._is_whole(copy, entry):
            return CopiedClip(name, Treatment(entry.treatment))
        try:
            treatment = copy_clip(clip, copy, owner, find)
        except OSError as error:
            raise self._unwritable(error) from None
        self._key.put(
            replace(
                entry,
                digest=digest,
                copy_digest=digest_clip(copy),
                owner=owner.exam,
                treatment=treatment.value,
            )
        )
        if time.monotonic() - self._saved > _SECONDS_BETWEEN_SAVES:
            self._key.save()
            self._saved = time.monotonic()
        return CopiedClip(name, treatment)

    def unused(self, names: Container[str]) -> tuple[str, ...]:
        """List what lies here and is not in `names`, as the manifest would write it."""
        found = sorted(f"{MEDIA}/{path.name}" for path in self._folder.iterdir())
        return tuple(name for name in found if name not in names)

    def _entry(self, clip: Path) -> Entry:
        return self._key.entry("clip", clip.as_posix(), self._cohort)

    def _is_whole(self, copy: Path, entry: Entry) -> bool:
        """Tell whether a copy is as it was when it was finished."""
        try:
            return entry.treatment in _TREATMENTS and digest_clip(copy) == entry.copy_digest
        except ClipError:
            return False

    def _unwritable(self, error: OSError) -> PrivacyError:
        return PrivacyError(
            f"Copies cannot be written to {self._folder} ({error.strerror}); expected a place "
            "with room that can be written to, so make some and run this again: finished copies "
            "are kept."
        )


_TREATMENTS = frozenset(treatment.value for treatment in Treatment)
