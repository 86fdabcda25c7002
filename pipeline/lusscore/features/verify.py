"""Finding everything that is wrong with the feature files of a cohort."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lusscore.cohort import Cohort
from lusscore.errors import FeatureFileError
from lusscore.features.file.aside import aside_folder, backbone_of, is_damaged_copy
from lusscore.features.file.attributes import read_attribute
from lusscore.features.file.check_file import check_file
from lusscore.features.file.feature_file import open_feature_file
from lusscore.features.file.findings import FileReport, Finding
from lusscore.features.file.layout import SCHEMA
from lusscore.features.file.lock import holder, is_held
from lusscore.features.media import Media, index_media
from lusscore.features.plan import feature_path, media_path


@dataclass(frozen=True)
class VerifyWatcher:
    """What the caller wants to hear while feature files are verified.

    Attributes
    ----------
    media
        Called with (clips read, clips in all).
    size
        Called with (bytes of feature files read, bytes in all).
    """

    media: Callable[[int, int], None] = lambda done, total: None
    size: Callable[[int, int], None] = lambda done, total: None


def verify_cohort(
    cohort: Cohort,
    features_dir: Path,
    backbones: Sequence[str] = (),
    *,
    watcher: VerifyWatcher | None = None,
) -> list[FileReport]:
    """Read every feature file of a cohort, and every clip, and compare all checksums.

    Each clip on disk is read once for all files. Nothing is changed but ``media.json``, which
    then remembers the clips as they are.

    Parameters
    ----------
    cohort
        The cohort as it is now.
    features_dir
        Folder of all feature files.
    backbones
        Verify only files of these; by default all there are, in ``aside/`` too.
    watcher
        Whom to tell.

    Raises
    ------
    FeatureFileError
        If ``media.json`` cannot be written.
    """
    watcher = watcher or VerifyWatcher()
    files = files_to_verify(cohort, features_dir, backbones)
    media = read_media(cohort, features_dir, watcher) if files else {}
    told = size_counter(files, watcher)
    return [verify_file(path, cohort, media, told) for path in files]


def files_to_verify(
    cohort: Cohort, features_dir: Path, backbones: Sequence[str] = ()
) -> list[Path]:
    """List the feature files to verify: those that are there, and those that should be.

    A file should be there if it was asked for, or if a damaged copy in ``aside/`` is all that is
    left of it. Damaged copies themselves are not verified: they are known to be damaged.
    """
    main = feature_path(features_dir, cohort, "any")
    kept = sorted(aside_folder(main).glob("*.h5"))
    names = {path.stem for path in main.parent.glob("*.h5")}
    names |= {backbone_of(path) for path in kept if is_damaged_copy(path)}
    wanted = list(dict.fromkeys(backbones)) or sorted(names)
    waiting = [path for path in kept if not is_damaged_copy(path)]
    return [
        *(feature_path(features_dir, cohort, name) for name in wanted),
        *(path for path in waiting if not backbones or backbone_of(path) in wanted),
    ]


def read_media(cohort: Cohort, features_dir: Path, watcher: VerifyWatcher) -> dict[str, Media]:
    """Read all clips of a cohort from disk, whatever is remembered of them."""
    memory = media_path(features_dir, cohort)
    found = index_media(cohort, memory, reread=True, progress=watcher.media)
    return {media.clip: media for media in found}


def size_counter(files: Sequence[Path], watcher: VerifyWatcher) -> Callable[[int], None]:
    """Return what counts the bytes read of some files and tells the watcher."""
    total = sum(path.stat().st_size for path in files if path.exists())
    done = 0

    def told(size: int) -> None:
        nonlocal done
        done += size
        watcher.size(min(done, total), total)

    return told


def verify_file(
    path: Path,
    cohort: Cohort,
    media: Mapping[str, Media],
    told: Callable[[int], None],
    *,
    held: bool = False,
) -> FileReport:
    """Verify one file; a file in ``aside/`` only against its own checksums.

    `held` says that the caller is its writer.
    """
    backbone = backbone_of(path)
    if not path.exists():
        return FileReport(cohort.name, backbone, path, (_missing(path, cohort, backbone),))
    aside = path.parent.name == "aside"
    if aside and _of_earlier_schema(path):
        note = "written by an earlier version of lusscore, not checked"
        return FileReport(cohort.name, backbone, path, note=note)
    note = "" if held or not is_held(path) else f"being written by {holder(path)}"
    return check_file(path, cohort.name, backbone, None if aside else media, note=note, told=told)


def damaged_copies(path: Path) -> list[Path]:
    """List the damaged copies of a feature file that lie in ``aside/``."""
    return [
        copy
        for copy in sorted(aside_folder(path).glob("*.h5"))
        if is_damaged_copy(copy) and backbone_of(copy) == backbone_of(path)
    ]


def _missing(path: Path, cohort: Cohort, backbone: str) -> Finding:
    copies = damaged_copies(path)
    if copies:
        return Finding(
            "missing",
            f"there is none, only the damaged {copies[-1].name} in {copies[-1].parent}",
        )
    return Finding(
        "refused",
        f"there is no {path}; make it with 'lusscore features {cohort.name} -b {backbone}'",
    )


def _of_earlier_schema(path: Path) -> bool:
    try:
        with open_feature_file(path, any_schema=True) as file:
            return int(read_attribute(file, "schema")) < SCHEMA
    except FeatureFileError:
        return False
