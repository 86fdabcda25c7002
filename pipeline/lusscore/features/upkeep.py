"""Looking after the cache: its status, verifying and repairing it, pruning and forgetting."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusscore.backbones import PRECISIONS, BackboneSpec, EngineChoice, backbone_names
from lusscore.clips import digest_clip
from lusscore.cohort import Cohort
from lusscore.errors import (
    ClipError,
    DamagedFileError,
    FeatureFileError,
    LusscoreError,
    WriteError,
)
from lusscore.features.computing import Callbacks
from lusscore.features.extract import extract_features
from lusscore.features.feature_file import Features, feature_path, read_features, write_features
from lusscore.features.media import (
    CACHE_NAME,
    MEDIA_NAME,
    Media,
    MediaIndex,
    PlannedClip,
    survey_path,
)
from lusscore.features.parts import Block, PartStore, backbone_folders, part_is_sound
from lusscore.features.stock import Stock, find_backbone, recorded_spec
from lusscore.files import read_record, write_record
from lusscore.wording import plural

_LEAST_AGE = 7 * 24 * 3600.0


@dataclass(frozen=True)
class FileStatus:
    """The state of one feature file.

    `state` is ``"fresh"``, ``"unfinished"``, ``"stale"``, ``"damaged"`` or ``"missing"``, and `why`
    what makes it anything but fresh. It has `frames_done` of the `frames` that the cohort asks for
    now, `clips_failed` with an error, and `size` bytes. `notes` are sentences about what could not
    be asked and is taken from the record.
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
    """Return the state of a cohort's feature files.

    By default of all `backbones` that have a file, or embeddings in the cache. Weights are looked
    for in `weights_dir`, then where embeddings were computed with them. BackboneError if there is
    no backbone of a name that was given.
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
        stock.notes,
    )


def _clip_changes(record: Features, clips: Sequence[PlannedClip]) -> list[str]:
    """Say how the clips of a feature file differ from those that the cohort has now."""
    held = dict(zip(record.paths, record.digests, strict=True))
    wanted = {clip.path: clip.digest for clip in clips}
    changed = [path for path in held.keys() & wanted if wanted[path] not in ("", held[path])]
    return [
        f"{plural(number, 'clip')} {what}"
        for number, what in (
            (len(wanted.keys() - held), "new"),
            (len(held.keys() - wanted), "no longer in the manifest"),
            (len(changed), "changed on disk"),
        )
        if number
    ]


@dataclass(frozen=True)
class Finding:
    """One thing wrong with a clip, or, where `clip` is empty, with the file as a whole.

    `kind` is ``"file"`` (the feature file), ``"part"`` (of the cache), ``"media"`` (a clip changed
    on disk), ``"unreadable media"`` or ``"missing"`` (there is no feature file); `path` is that of
    a damaged file.
    """

    kind: str
    what: str
    clip: str = ""
    path: Path | None = None


@dataclass
class FileReport:
    """What was checked of one cohort and backbone, what was found, and what became of it.

    `parts` of the cohort's clips were read, and `size` bytes of them and of the file; `unlisted`
    clips of the file are no longer in the manifest. A repair `computed` clips; `left` says why it
    did not repair all, as a sentence.
    """

    cohort: str
    backbone: str
    path: Path
    findings: list[Finding] = field(default_factory=list)
    parts: int = 0
    size: int = 0
    unlisted: int = 0
    computed: int = 0
    left: str = ""


def verify_cohort(
    cohort: Cohort,
    features_dir: Path,
    backbones: Sequence[str] = (),
    *,
    callbacks: Callbacks | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[FileReport]:
    """Read feature files, parts and clips of a cohort and compare all with their digests.

    Only what is of some `backbones` is read, by default all there is. `progress` is called with
    (bytes of feature files read, bytes in all).
    """
    folder = feature_path(features_dir, cohort, "any").parent
    names = list(dict.fromkeys(backbones)) or sorted(path.stem for path in folder.glob("*.h5"))
    paths = [feature_path(features_dir, cohort, name) for name in names]
    total = sum(path.stat().st_size for path in paths if path.exists())
    done = 0

    def count(size: int) -> None:
        nonlocal done
        done += size
        progress(min(done, total), total)

    index = MediaIndex(cohort, features_dir, reread=True)
    media = index.digest((callbacks or Callbacks()).media) if paths else []
    return [_verify(cohort, path, features_dir, media, count) for path in paths]


def repair_cohort(
    cohort: Cohort,
    features_dir: Path,
    backbones: Sequence[str] = (),
    *,
    weights_dir: Path | None = None,
    engine: EngineChoice | None = None,
    callbacks: Callbacks | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[FileReport]:
    """Verify a cohort, delete damaged parts, compute what was lost and pack anew.

    What needs the card's other settings is left to :func:`extract_features`; the precision is that
    of the file. It can be killed at any moment and run again.
    """
    reports = verify_cohort(cohort, features_dir, backbones, callbacks=callbacks, progress=progress)
    for report in reports:
        for finding in report.findings:
            if finding.kind == "part" and finding.path is not None:
                finding.path.unlink(missing_ok=True)
        unreadable = [one.clip for one in report.findings if one.kind == "unreadable media"]
        if len(report.findings) > len(unreadable):
            _repair(report, cohort, features_dir, weights_dir, engine, callbacks)
        if unreadable and not report.left:
            report.left = f"{len(unreadable)} clips cannot be read, the first {unreadable[0]!r}."
    return reports


def _repair(
    report: FileReport,
    cohort: Cohort,
    features_dir: Path,
    weights_dir: Path | None,
    engine: EngineChoice | None,
    callbacks: Callbacks | None,
) -> None:
    """Compute and pack what a file lacks, unless the card asks for other settings by now."""
    try:
        spec = find_backbone(report.backbone, features_dir, (cohort,))
        stock = Stock.open(cohort, spec, features_dir, weights_dir=weights_dir)
        if stock.changes:
            report.left = (
                f"Its settings changed ({'; '.join(stock.changes)}); run 'lusscore features "
                f"{cohort.name}'."
            )
            return
        precision = str(stock.recipe["precision"])
        if stock.record is None:
            precision = _packed_precision(cohort, spec, features_dir, weights_dir) or precision
        (outcome,) = extract_features(
            cohort,
            [spec],
            features_dir,
            weights_dir=weights_dir,
            engine=replace(engine or EngineChoice(), precision=precision),
            callbacks=callbacks,
        )
        report.computed = outcome.clips
    except LusscoreError as error:
        report.left = str(error)


def _packed_precision(
    cohort: Cohort, spec: BackboneSpec, features_dir: Path, weights_dir: Path | None
) -> str:
    """Say in which precision the cache has embeddings, where no file says; empty if in none."""
    for precision in PRECISIONS:
        stock = Stock.open(cohort, spec, features_dir, weights_dir=weights_dir, precision=precision)
        if stock.store.folder.is_dir():
            return precision
    return ""


def _verify(
    cohort: Cohort,
    path: Path,
    features_dir: Path,
    media: Sequence[Media],
    progress: Callable[[int], None],
) -> FileReport:
    report = FileReport(cohort.name, path.stem, path)
    record = None
    try:
        record = read_features(path, again=True, progress=progress)
        report.size = path.stat().st_size
    except DamagedFileError as error:
        report.findings.append(Finding("file", error.what, path=path))
    except FeatureFileError as error:
        report.findings.append(Finding("file" if path.exists() else "missing", str(error)))
    report.findings += _media_findings(record, media)
    clips = {one.digest: one.clip for one in media if one.digest}
    if record is not None:
        clips = dict(zip(record.digests, record.paths, strict=True)) | clips
        listed = {one.clip for one in media}
        report.unlisted = sum(1 for clip in record.paths if clip not in listed)
    for folder in backbone_folders(features_dir, path.stem):
        for digest, clip in clips.items():
            for part in sorted((folder / digest[:2] / digest[:32]).glob("*.h5")):
                report.parts += 1
                report.size += part.stat().st_size
                if not part_is_sound(part):
                    what = f"its checksum is not its name ({part.name} in {part.parent})"
                    report.findings.append(Finding("part", what, clip, part))
    return report


def _media_findings(record: Features | None, media: Sequence[Media]) -> Iterator[Finding]:
    """Say which clips are not, or no longer, what embeddings were computed of."""
    held = {} if record is None else dict(zip(record.paths, record.digests, strict=True))
    for one in media:
        if one.away:
            yield Finding("unreadable media", one.error, one.clip)
        elif held.get(one.clip, one.digest) not in ("", one.digest):
            yield Finding("media", "it changed on disk since it was computed", one.clip)


@dataclass(frozen=True)
class Pruned:
    """Parts in the folder of one recipe that nothing needs, and their bytes in all."""

    folder: Path
    parts: tuple[Path, ...]
    size: int


def find_unneeded(features_dir: Path, *, packed: bool = False) -> list[Pruned]:
    """List the parts that may be deleted.

    They are a week old and no feature file names them, or, with `packed`, a feature file has all
    of them. FeatureFileError if a feature file cannot be read, which may need any part.
    """
    files = [read_features(path) for path in sorted(features_dir.glob("*/*.h5"))]
    if packed:
        found = {part for file in files for part in _packed_parts(features_dir, file)}
    else:
        named = {name for file in files for name in file.parts}
        limit = time.time() - _LEAST_AGE
        found = {
            part
            for part in (features_dir / CACHE_NAME).glob("*/*/*/*.h5")
            if part.stem not in named and part.stat().st_mtime < limit
        }
    folders: dict[Path, list[Path]] = {}
    for part in sorted(found):
        folders.setdefault(part.parents[2], []).append(part)
    return [
        Pruned(folder, tuple(parts), sum(part.stat().st_size for part in parts))
        for folder, parts in folders.items()
    ]


def prune(unneeded: Collection[Pruned]) -> None:
    """Delete parts, and the folders that they leave empty."""
    for one in unneeded:
        for part in one.parts:
            part.unlink(missing_ok=True)
            for folder in (part.parent, part.parent.parent, one.folder):
                if any(folder.iterdir()):
                    break
                folder.rmdir()


def find_digests(features_dir: Path, cohort: Cohort, clips: Collection[str]) -> set[str]:
    """Return every digest that clips of a cohort have, or are known to have had."""
    remembered = (read_record(features_dir / cohort.name / MEDIA_NAME) or {}).get("clips", {})
    digests = set()
    for clip in clips:
        with suppress(ClipError):  # one that is away is known by its record
            digests.add(digest_clip(cohort.clip_path(clip)))
        if clip in remembered:
            last, _, earlier = remembered[clip]
            digests |= {last, *earlier}
    for path in sorted((features_dir / cohort.name).glob("*.h5")):
        file = read_features(path)
        held = zip(file.paths, file.digests, strict=True)
        digests |= {digest for clip, digest in held if clip in clips}
    return digests - {""}


def forget_clips(features_dir: Path, digests: Collection[str]) -> list[str]:
    """Delete all that cache and feature files have of recordings; say in words what that was.

    FeatureFileError or WriteError if a feature file cannot be read or written; the same call then
    goes on.
    """
    cache, gone_from = features_dir / CACHE_NAME, []
    for path in sorted(features_dir.glob("*/*.h5")):
        gone = _forget_in_file(read_features(path, again=True).replaceable(), digests)
        if gone:
            gone_from.append(f"{gone} clips in {path}")
    parts = 0
    for digest in digests:
        for folder in cache.glob(f"*/{digest[:2]}/{digest[:32]}"):
            parts += len(list(folder.glob("*.h5")))
            shutil.rmtree(folder)
        survey_path(cache, digest).unlink(missing_ok=True)
    gone_from += [f"{parts} parts in {cache}"] * bool(parts)
    for memory in features_dir.glob(f"*/{MEDIA_NAME}"):
        document = read_record(memory) or {"clips": {}}
        kept = {
            clip: row
            for clip, row in document["clips"].items()
            if not {row[0], *row[2]} & set(digests)
        }
        if len(kept) < len(document["clips"]):
            write_record(memory, document | {"clips": kept})
    return gone_from or [f"no embeddings: none of these recordings is in {features_dir}"]


def _forget_in_file(file: Features, digests: Collection[str]) -> int:
    """Write a feature file without some clips; return how many it had."""
    rows = [row for row, digest in enumerate(file.digests) if digest not in digests]
    gone = len(file.digests) - len(rows)
    if not gone:
        return 0
    if not rows:
        try:
            file.path.unlink()
        except OSError as error:
            raise WriteError(file.path, error) from None
        return gone
    clips = [
        PlannedClip(
            file.paths[row],
            file.digests[row],
            file.frame[file.rows(row)].astype(np.int64),
            file.errors[row],
        )
        for row in rows
    ]
    blocks = {file.paths[row]: file.block(row) for row in rows}

    def entries(clip: PlannedClip) -> tuple[NDArray[Any], NDArray[np.float32], list[Block]]:
        block = blocks[clip.path]
        return block.embeddings, block.times, [block]

    write_features(
        file.path, recorded_spec(file), file.recipe, file.selection, clips, entries, file.parts
    )
    return gone


def _packed_parts(features_dir: Path, file: Features) -> Iterator[Path]:
    """Yield the parts of which a feature file has every entry."""
    store = PartStore(features_dir, file.recipe)
    for row, digest in enumerate(file.digests):
        own = file.block(row)
        for path in store.paths(digest):
            block = store.read_part(path, digest)
            if block is not None and _within(block, own):
                yield path


def _within(block: Block, other: Block) -> bool:
    """Say whether every entry of a block is in another, too."""
    same = block.augmentation == other.augmentation or block.variants == (0,)
    return (
        same
        and bool(np.isin(block.frames, other.frames).all())
        and set(block.variants) <= set(other.variants)
        and block.layers.items() <= other.layers.items()
    )
