"""Reading every byte of the cache and of the clips again, and mending what is damaged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lusscore.backbones import PRECISIONS, BackboneSpec, EngineChoice
from lusscore.cohort import Cohort
from lusscore.errors import DamagedFileError, FeatureFileError, LusscoreError
from lusscore.features.computing import Callbacks
from lusscore.features.extract import extract_features
from lusscore.features.feature_file import Features, feature_path, read_features
from lusscore.features.freshness import find_backbone
from lusscore.features.media import Media, MediaIndex
from lusscore.features.parts import backbone_folders, part_is_sound
from lusscore.features.stock import Stock


@dataclass(frozen=True)
class Finding:
    """One thing wrong at one place.

    Attributes
    ----------
    kind
        ``"file"`` (the feature file), ``"part"`` (of the cache), ``"media"`` (a clip changed on
        disk), ``"unreadable media"`` or ``"missing"`` (there is no feature file).
    what
        What is wrong, in words.
    clip
        Which clip, as the manifest writes it; empty for the file as a whole.
    path
        Of the file that is damaged.
    """

    kind: str
    what: str
    clip: str = ""
    path: Path | None = None


@dataclass
class FileReport:
    """What was checked of one cohort and backbone, what was found, and what became of it.

    Attributes
    ----------
    cohort, backbone, path
        Which feature file.
    findings
        What is wrong; empty where nothing is.
    parts, size
        Parts of the cohort's clips that were read, and bytes read of them and of the file.
    unlisted
        Clips in the file that are no longer in the manifest.
    computed
        Clips computed by a repair.
    left
        Why a repair did not mend all, as a sentence; else empty.
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
    told: Callable[[int, int], None] = lambda done, total: None,
) -> list[FileReport]:
    """Read feature files, parts and clips of a cohort and compare all with their digests.

    Only what is of some `backbones` is read, by default all there is. `told` is called with
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
        told(min(done, total), total)

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
    told: Callable[[int, int], None] = lambda done, total: None,
) -> list[FileReport]:
    """Verify a cohort, delete damaged parts, compute what was lost and pack anew.

    What needs the card's other settings is left to :func:`extract_features`; the precision is that
    of the file. It can be killed at any moment and run again.
    """
    reports = verify_cohort(cohort, features_dir, backbones, callbacks=callbacks, told=told)
    for report in reports:
        for finding in report.findings:
            if finding.kind == "part" and finding.path is not None:
                finding.path.unlink(missing_ok=True)
        unreadable = [one.clip for one in report.findings if one.kind == "unreadable media"]
        if len(report.findings) > len(unreadable):
            _mend(report, cohort, features_dir, weights_dir, engine, callbacks)
        if unreadable and not report.left:
            report.left = f"{len(unreadable)} clips cannot be read, the first {unreadable[0]!r}."
    return reports


def _mend(
    report: FileReport,
    cohort: Cohort,
    features_dir: Path,
    weights_dir: Path | None,
    engine: EngineChoice | None,
    callbacks: Callbacks | None,
) -> None:
    """Compute and pack what a file lacks, unless the card asks for other settings by now."""
    engine = engine or EngineChoice()
    try:
        spec = find_backbone(report.backbone, features_dir, (cohort,))
        stock = Stock.open(cohort, spec, features_dir, weights_dir=weights_dir)
        if stock.changes:
            report.left = (
                f"Its settings changed ({'; '.join(stock.changes)}); run 'lusscore features "
                f"{cohort.name}'."
            )
            return
        precision = str(stock.asked.recipe["precision"])
        if stock.record is None:
            precision = _packed_precision(cohort, spec, features_dir, weights_dir) or precision
        (outcome,) = extract_features(
            cohort,
            [spec],
            features_dir,
            weights_dir=weights_dir,
            engine=EngineChoice(
                engine.name, engine.device, engine.threads, engine.cache, precision
            ),
            callbacks=callbacks,
        )
        report.computed = outcome.clips
    except LusscoreError as error:
        report.left = str(error)


def _packed_precision(
    cohort: Cohort, spec: BackboneSpec, features_dir: Path, weights_dir: Path | None
) -> str:
    """Tell in which precision the cache has embeddings, where no file says; empty if in none."""
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
    told: Callable[[int], None],
) -> FileReport:
    report = FileReport(cohort.name, path.stem, path)
    record = None
    try:
        record = read_features(path, again=True, told=told)
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
                    what = f"its bytes do not give its name ({part.name} in {part.parent})"
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
