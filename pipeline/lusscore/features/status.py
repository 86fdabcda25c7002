"""How far the feature files of a cohort are, and whether they are fresh."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lusscore.backbones import backbone_names
from lusscore.cohort import Cohort
from lusscore.errors import FeatureFileError, LusscoreError
from lusscore.features.feature_file import Features, feature_path, read_features
from lusscore.features.freshness import find_backbone
from lusscore.features.media import Media, MediaIndex, PlannedClip
from lusscore.features.parts import backbone_folders
from lusscore.features.stock import Stock


@dataclass(frozen=True)
class FileStatus:
    """The state of one feature file.

    Attributes
    ----------
    backbone, path
        Which file.
    state
        ``"fresh"``, ``"unfinished"``, ``"stale"``, ``"damaged"`` or ``"missing"``.
    why
        What makes it anything but fresh, in words.
    frames_done, frames
        Frames with embeddings in the feature file, and frames the cohort asks for now.
    clips_failed
        Clips recorded with an error.
    size
        Bytes on disk.
    precision
        Number format of the arithmetic that made it.
    notes
        What could not be asked and is taken from the record, as sentences.
    """

    backbone: str
    path: Path
    state: str
    why: tuple[str, ...] = ()
    frames_done: int = 0
    frames: int = 0
    clips_failed: int = 0
    size: int = 0
    precision: str = ""
    notes: tuple[str, ...] = ()


def cohort_status(
    cohort: Cohort,
    features_dir: Path,
    backbones: Sequence[str] = (),
    *,
    weights_dir: Path | None = None,
) -> list[FileStatus]:
    """Tell the state of a cohort's feature files.

    Parameters
    ----------
    cohort
        The cohort as it is now.
    features_dir
        Folder of all feature files.
    backbones
        Backbones to tell of; by default those that have a file, or embeddings in the cache.
    weights_dir
        Where weights are looked for, before where embeddings were computed with them.

    Raises
    ------
    BackboneError
        If there is none of a name that was given.
    """
    for name in backbones:
        if not feature_path(features_dir, cohort, name).exists():
            find_backbone(name, features_dir, (cohort,))
    folder = feature_path(features_dir, cohort, "any").parent
    packed = sorted(path.stem for path in folder.glob("*.h5"))
    begun = [name for name in backbone_names() if backbone_folders(features_dir, name)]
    names = backbones or [*packed, *(name for name in begun if name not in packed)]
    media = MediaIndex(cohort, features_dir).survey_all() if names else []
    found = [_status(name, cohort, features_dir, media, weights_dir) for name in names]
    # what other cohorts have in the cache says nothing of this one
    return [one for one in found if backbones or one.state != "missing"]


def _status(
    name: str,
    cohort: Cohort,
    features_dir: Path,
    media: Sequence[Media],
    weights_dir: Path | None,
) -> FileStatus:
    path = feature_path(features_dir, cohort, name)
    size = path.stat().st_size if path.exists() else 0
    try:
        record = read_features(path) if size else None
        spec = find_backbone(name, features_dir, (cohort,))
        path = feature_path(features_dir, cohort, spec.name)
        stock = Stock.open(cohort, spec, features_dir, weights_dir=weights_dir)
    except FeatureFileError as error:
        return FileStatus(name, path, "damaged", (str(error),), size=size)
    except LusscoreError as error:
        # a backbone without the level, or weights, that the card or a first run asks for
        state = "stale" if size else "missing"
        return FileStatus(name, path, state, (str(error),), size=size)
    clips = [stock.plan(one) for one in media]
    total = sum(len(clip.frames) for clip in clips)
    record = stock.record
    if record is None:
        done = sum(len(clip.frames) for clip in clips if not stock.gaps(clip))
        why = f"{done} of {total} frames are in the cache" if done else "not computed yet"
        state = "unfinished" if done else "missing"
        return FileStatus(spec.name, path, state, (why,), frames=total)
    changes = [*stock.changes, *_clip_changes(record, clips)]
    return FileStatus(
        spec.name,
        path,
        "stale" if changes else "fresh",
        tuple(changes),
        len(record.frame),
        total,
        sum(1 for error in record.errors if error),
        size,
        str(record.recipe["precision"]),
        stock.asked.notes,
    )


def _clip_changes(record: Features, clips: Sequence[PlannedClip]) -> list[str]:
    """Say how the clips of a feature file differ from those that the cohort has now."""
    held = dict(zip(record.paths, record.digests, strict=True))
    wanted = {clip.path: clip.digest for clip in clips}
    changed = [path for path in held.keys() & wanted if wanted[path] not in ("", held[path])]
    lines = []
    for count, what in (
        (len(wanted.keys() - held), "new"),
        (len(held.keys() - wanted), "no longer in the manifest"),
        (len(changed), "changed on disk"),
    ):
        if count:
            lines.append(f"{count} clip{'s' if count > 1 else ''} {what}")
    return lines
