"""How far the feature files of a cohort are, and whether they are fresh."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lusscore.backbones import find_weights, get_backbone, load_weights
from lusscore.cohort import Cohort
from lusscore.errors import BackboneError, FeatureFileError
from lusscore.features.file.feature_file import check_header, open_feature_file, read_clip_table
from lusscore.features.file.lock import holder, is_held
from lusscore.features.fingerprint import differences, fingerprint_parts, settings_parts
from lusscore.features.media import index_media
from lusscore.features.plan import feature_path, media_path, plan_clips


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
        Frames with embeddings, and frames the cohort asks for now.
    clips_failed
        Clips recorded with an error.
    size
        Bytes on disk.
    precision
        Number format of the arithmetic that made it.
    written_by
        Who writes it now; empty when nobody does.
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
    written_by: str = ""


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
        Backbones to tell of; by default those that have a file.
    weights_dir
        Where weights are looked for; weights that are not on this machine are not compared.
    """
    folder = feature_path(features_dir, cohort, "any").parent
    names = backbones or sorted(path.stem for path in folder.glob("*.h5"))
    planned = plan_clips(
        index_media(cohort, media_path(features_dir, cohort)), cohort.card.extraction
    )
    wanted = {(clip.path, clip.digest): len(clip.frames) for clip in planned}
    return [
        _file_status(name, feature_path(features_dir, cohort, name), cohort, wanted, weights_dir)
        for name in names
    ]


def _file_status(
    name: str,
    path: Path,
    cohort: Cohort,
    wanted: dict[tuple[str, str], int],
    weights_dir: Path | None,
) -> FileStatus:
    total = sum(wanted.values())
    if not path.exists():
        return FileStatus(name, path, "missing", ("not computed yet",), frames=total)
    size = path.stat().st_size
    try:
        with open_feature_file(path) as file:
            parts = json.loads(file.attrs["fingerprint_parts"])
            table = read_clip_table(file)
            check_header(file)
    except FeatureFileError as error:
        return FileStatus(name, path, "damaged", (str(error),), frames=total, size=size)
    counts, done = table.counts, table.done
    failed = sum(1 for error in table.errors if error)
    held = dict(zip(zip(table.paths, table.digests, strict=True), counts.tolist(), strict=True))
    frames_done = int(counts[done].sum())
    why = _settings_changes(name, parts, cohort, weights_dir) + _clip_changes(held, wanted)
    state = "stale" if why else "fresh"
    if not why and frames_done < total:
        state, why = "unfinished", [f"{total - frames_done} frames to go"]
    return FileStatus(
        name,
        path,
        state,
        tuple(why),
        frames_done,
        total,
        failed,
        size,
        precision=str(parts.get("precision", "")),
        written_by=holder(path) if is_held(path) else "",
    )


def _settings_changes(
    name: str, parts: dict[str, object], cohort: Cohort, weights_dir: Path | None
) -> list[str]:
    settings = cohort.card.extraction
    try:
        spec = get_backbone(name)
        digest = None
        if find_weights(spec, weights_dir) is not None:
            digest = load_weights(spec, weights_dir, download=False).digest
    except BackboneError:
        # an ONNX file that only its maker can name: what the card says is compared all the same
        return differences(parts, settings_parts(settings))
    try:
        return differences(parts, fingerprint_parts(spec, digest, settings))
    except BackboneError as error:
        return [str(error)]


def _clip_changes(
    held: dict[tuple[str, str], int], wanted: dict[tuple[str, str], int]
) -> list[str]:
    """Say how the clips held differ from those the cohort has now."""
    lines = []
    held_paths, wanted_paths = {path for path, _ in held}, {path for path, _ in wanted}
    for count, what in (
        (len(wanted_paths - held_paths), "new"),
        (len(held_paths - wanted_paths), "no longer in the manifest"),
        (len({path for path, _ in wanted.keys() - held.keys()} & held_paths), "changed on disk"),
    ):
        if count:
            lines.append(f"{count} clip{'s' if count > 1 else ''} {what}")
    return lines
