"""Reading a feature file from end to end and telling all that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import h5py

from lusscore.errors import DamagedFileError, FeatureFileError
from lusscore.features.file.checksum import header_fits
from lusscore.features.file.feature_file import (
    HDF5_ERRORS,
    HEADER_DAMAGE,
    describe_hdf5_error,
    open_feature_file,
    owners_make_sense,
    read_parts,
)
from lusscore.features.file.findings import LOST, FileReport, Finding
from lusscore.features.file.held import Held, read_held, rows_fit
from lusscore.features.file.salvage import SALVAGED_ATTRIBUTE
from lusscore.features.fingerprint import fingerprint_digest
from lusscore.features.media import Media

OTHER_FINGERPRINT = "its fingerprint is not that of the settings it names"
LOST_AND_TO_COMPUTE = "its embeddings were lost to damage and are not computed again yet"
CHANGED = "was changed on disk after its embeddings were computed"


def check_file(
    path: Path,
    cohort: str,
    backbone: str,
    media: Mapping[str, Media] | None,
    *,
    note: str = "",
    told: Callable[[int], None] = lambda size: None,
) -> FileReport:
    """Compare all that a feature file holds with its checksums, and with the clips on disk.

    One clip is read at a time, and of a long one some rows at a time.

    Parameters
    ----------
    path
        The file, which exists.
    cohort, backbone
        Its names in the report.
    media
        The cohort's clips as they were just read; None leaves them out.
    note
        What else the report should say.
    told
        Called with bytes just read.
    """
    size = path.stat().st_size
    try:
        file = open_feature_file(path)
    except DamagedFileError as error:
        told(size)
        return FileReport(cohort, backbone, path, (Finding("damaged", error.what),), note=note)
    except FeatureFileError as error:
        told(size)
        return FileReport(cohort, backbone, path, (Finding("refused", str(error)),), note=note)
    seen = 0

    def count(read: int) -> None:
        nonlocal seen
        seen += read
        told(read)

    with file:
        try:
            _, parts = read_parts(file)
            clips = read_held(file)
            salvaged = SALVAGED_ATTRIBUTE in file.attrs
            findings = list(_check_whole(file))
        except HDF5_ERRORS as error:
            told(size)
            finding = Finding("damaged", describe_hdf5_error(error))
            return FileReport(cohort, backbone, path, (finding,), note=note)
        for held in clips:
            findings += _check_clip(file, held, count)
    told(max(0, size - seen))
    if media is not None:
        findings += _check_media(clips, media)
    new = [] if media is None else sorted(media.keys() - {held.path for held in clips})
    if salvaged:
        findings += [Finding("lost", LOST_AND_TO_COMPUTE, clip) for clip in new]
    lost = sum(finding.kind == "lost" for finding in findings)
    return FileReport(
        cohort,
        backbone,
        path,
        tuple(findings),
        clips=sum(held.mark == 1 for held in clips),
        size=size,
        unfinished=sum(held.mark == 0 for held in clips) + len(new) - lost,
        unlisted=0 if media is None else sum(held.path not in media for held in clips),
        note=note,
        parts=parts,
    )


def _check_whole(file: h5py.File) -> Iterator[Finding]:
    """Check what is fixed when a file is made."""
    if not header_fits(file):
        yield Finding("damaged", HEADER_DAMAGE)
    fingerprint, parts = read_parts(file)
    if fingerprint_digest(parts) != fingerprint:
        yield Finding("damaged", OTHER_FINGERPRINT)
    if not owners_make_sense(file["frames/clip"][...], len(file["clips/path"])):
        yield Finding("damaged", "the clips of its frames are not in order")


def _check_clip(file: h5py.File, held: Held, told: Callable[[int], None]) -> Iterator[Finding]:
    """Check a clip's mark and, if it is done, its rows."""
    if held.mark > 1:
        yield Finding("damaged", f"the done mark is {held.mark}, expected 0 or 1", held.path)
    if held.mark == 0 and held.error == LOST:
        yield Finding("lost", LOST_AND_TO_COMPUTE, held.path)
    if held.mark != 1:
        return
    try:
        fits = rows_fit(file, held, told)
    except HDF5_ERRORS as error:
        yield Finding("rows", f"its rows cannot be read ({describe_hdf5_error(error)})", held.path)
        return
    if not fits:
        yield Finding("rows", "its embeddings or times do not match their checksum", held.path)
    elif held.error:
        yield Finding("rows", "it is done and yet has a reason why it is not", held.path)


def _check_media(clips: list[Held], media: Mapping[str, Media]) -> Iterator[Finding]:
    """Compare the clips of a file with those on disk."""
    for held in clips:
        found = media.get(held.path)
        if found is None:
            continue
        if found.digest != held.digest and found.digest and held.mark == 1:
            yield Finding("media", CHANGED, held.path)
        # a clip that never could be read is recorded as such, and no damage
        if found.error and (held.mark == 1 or not found.digest):
            yield Finding("unreadable media", found.error, held.path)
