"""A data set without its patients' names: pseudonyms, and copies of all clips."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lusscore.cohort import Imported, Rating, Segment
from lusscore.errors import ClipError, PrivacyError, Problem
from lusscore.privacy.copies import CopiedClip, MediaFolder
from lusscore.privacy.dicom import Owner
from lusscore.privacy.key_file import KeyFile, hold_key_file
from lusscore.sector import Sector, find_sector

_FIRST = 5
_SOURCE = "de-identified copies made by lusscore import --deidentify"


@dataclass(frozen=True)
class Deidentified:
    """A data set without its patients' names.

    Attributes
    ----------
    imported
        The cohort: pseudonyms for patients and exams, clips inside the cohort's folder, no text
        in the card that may hold a folder's name. `ignored` still names files of the source: it
        is for the person at the screen and not to be written down.
    ratings
        What each rater said, of the copies.
    copies
        What was done to each clip, in manifest order.
    left_out
        Clips that could not be copied and are not in the cohort: the pseudonym, under which the
        key file has the clip's path, and why.
    unused
        Copies of an earlier run that the cohort no longer uses, relative to its folder; nothing
        removes them.
    """

    imported: Imported
    ratings: tuple[Rating, ...]
    copies: tuple[CopiedClip, ...]
    left_out: tuple[tuple[str, str], ...]
    unused: tuple[str, ...]

    @property
    def look_at(self) -> tuple[CopiedClip, ...]:
        """Copies that somebody must look at: in them the sector is a guess or was not found."""
        return tuple(copied for copied in self.copies if copied.result.needs_review)


def deidentify(
    imported: Imported,
    folder: Path,
    key_file: Path,
    *,
    ratings: Sequence[Rating] = (),
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
    find: Callable[[Path], Sector] = find_sector,
) -> Deidentified:
    """Replace ids by pseudonyms and clips by copies without metadata and burned-in names.

    Run again with the same key file it gives the same pseudonyms, and makes only those copies
    that are missing, changed, or whose clip changed; so it also goes on where a run was stopped.

    Parameters
    ----------
    imported
        What an importer read. Relative clip paths are relative to `folder`.
    folder
        The cohort's folder; copies go to ``media/`` in it.
    key_file
        The salt and what each pseudonym stands for. Made if it is not there.
    ratings
        What each rater said of the clips.
    jobs
        Processes to use; -1 for one per processor. The copies are the same whatever it is.
    progress
        Called with the number of clips done and the number of all clips.
    find
        Finds the sector of a clip.

    Raises
    ------
    PrivacyError
        If the key file lies in the cohort's folder or the data folder, is used by another
        process, is no key file or cannot be written; if a clip lies in the cohort's folder; if
        no clip can be copied or the copies cannot be written; if `jobs` is not allowed.
    """
    if jobs != -1 and jobs < 1:
        raise PrivacyError(
            f"jobs = {jobs} is not allowed for copies; expected a number of processes from 1 or "
            "-1 for one per processor."
        )
    sources = {segment.clip: _source(segment.clip, folder) for segment in imported.segments}
    with hold_key_file(key_file, folder) as key, MediaFolder(folder, key) as media:
        segments = [_pseudonymous(segment, key) for segment in imported.segments]
        owners = {
            sources[original.clip]: Owner(
                segment.patient,
                segment.exam,
                media.pseudonym(sources[original.clip]),
                key.digest("dicom", original.patient).hex(),
            )
            for original, segment in zip(imported.segments, segments, strict=True)
        }
        key.save()
        made = {}
        for clip, copy in media.copy_all(owners, find, jobs):
            made[clip] = copy
            if progress is not None:
                progress(len(made), len(owners))
        copies = {clip: copy for clip, copy in made.items() if isinstance(copy, CopiedClip)}
        unused = media.unused({copy.clip for copy in copies.values()})
    # in the order of the manifest, whatever order they were finished in
    failed = tuple(
        (owner.clip, error.without_path())
        for clip, owner in owners.items()
        if isinstance(error := made[clip], ClipError)
    )
    if failed and not copies:
        raise PrivacyError(
            f"none of {len(owners)} clips could be copied; the key file says which file each is, "
            "in column 'original'; the first",
            path=key_file,
            problems=[Problem(*one) for one in failed[:_FIRST]],
        )
    copied = {clip: copies[path] for clip, path in sources.items() if path in copies}
    # importers make the card's texts of folder names
    card = replace(imported.card, source=_SOURCE, description="")
    kept = [replace(one, clip=copied[one.clip].clip) for one in segments if one.clip in copied]
    return Deidentified(
        replace(imported, card=card, segments=tuple(kept)),
        tuple(replace(one, clip=copied[one.clip].clip) for one in ratings if one.clip in copied),
        tuple(dict.fromkeys(copied.values())),
        failed,
        unused,
    )


def _pseudonymous(segment: Segment, key: KeyFile) -> Segment:
    return replace(
        segment,
        patient=key.pseudonym("patient", segment.patient),
        exam=key.pseudonym("exam", segment.exam, segment.patient),
    )


def _source(clip: str, folder: Path) -> Path:
    """Return where a clip lies, which must not be where its copy goes."""
    source = (folder / clip).resolve()
    if folder.resolve() in source.parents:
        raise PrivacyError(
            "the clips lie inside the cohort's folder, where they would stay beside their "
            "de-identified copies",
            advice="move them elsewhere and import them from there",
            path=folder,
        )
    return source
