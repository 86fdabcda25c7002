"""Bringing one copy up to date, and many in several processes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from lusscore.clips import digest_clip
from lusscore.errors import ClipError, PrivacyError
from lusscore.privacy.copy_clip import copy_clip, copy_name
from lusscore.privacy.dicom_header import Owner
from lusscore.privacy.key_rows import Entry
from lusscore.privacy.treatment import RedactionResult
from lusscore.sector import Sector

_TREATMENTS = frozenset(treatment.value for treatment in RedactionResult)

CopyTask = tuple[Path, Path, Entry, Owner, Callable[[Path], Sector]]
CopyDone = tuple[Path, Entry, "str | ClipError"]


def run_copy_tasks(tasks: Iterable[CopyTask], jobs: int) -> Iterator[CopyDone]:
    """Run tasks here, or in `jobs` processes of their own (-1 for one per processor).

    Yields
    ------
    clip, entry, name
        In any order: the clip, its finished row of the key file and the copy's file name; or,
        instead of the name, why there is no copy.

    Raises
    ------
    PrivacyError
        If a copy cannot be written.
    """
    if jobs == 1:
        return (_bring_up_to_date(*task) for task in tasks)
    from joblib import Parallel, delayed

    run = Parallel(n_jobs=jobs, return_as="generator_unordered")
    return iter(run(delayed(_bring_up_to_date)(*task) for task in tasks))


def _bring_up_to_date(
    clip: Path, folder: Path, entry: Entry, owner: Owner, find: Callable[[Path], Sector]
) -> CopyDone:
    """Copy a clip unless that is done; return what :func:`run_copy_tasks` yields."""
    try:
        digest = digest_clip(clip)
        copy = folder / copy_name(clip, entry.pseudonym)
        if (entry.digest, entry.owner) == (digest, owner.exam) and _is_whole(copy, entry):
            return clip, entry, copy.name
        try:
            treatment = copy_clip(clip, copy, owner, find)
        except OSError as error:
            raise unwritable(folder, error) from None
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


def unwritable(folder: Path, error: OSError) -> PrivacyError:
    """Return what to tell of copies that cannot be written to `folder`."""
    return PrivacyError(
        f"copies cannot be written ({error.strerror or type(error).__name__}); expected a place "
        "with room that can be written to",
        advice="make some and run this again: finished copies are kept",
        path=folder,
    )
