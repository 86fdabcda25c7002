"""Mending feature files: saving what is sound, computing what is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lusscore.backbones import (
    DEFAULT_PRECISION,
    PRECISIONS,
    BackboneSpec,
    engine_names,
    find_weights,
    get_backbone,
    load_weights,
)
from lusscore.cohort import Cohort
from lusscore.errors import BackboneError, EngineError, FeatureFileError, LusscoreError
from lusscore.features.computing.engine_choice import EngineChoice
from lusscore.features.extract import extract_features
from lusscore.features.file.aside import backbone_of, keep_damaged
from lusscore.features.file.feature_file import open_feature_file, read_clip_table, read_parts
from lusscore.features.file.findings import LOST, FileReport
from lusscore.features.file.grow import describe_disk_error
from lusscore.features.file.lock import hold
from lusscore.features.file.salvage import salvage
from lusscore.features.file.store import FeatureStore
from lusscore.features.fingerprint import fingerprint_parts
from lusscore.features.media import Media
from lusscore.features.plan import feature_path
from lusscore.features.prepare import stale_parts
from lusscore.features.verify import (
    VerifyWatcher,
    files_to_verify,
    read_media,
    size_counter,
    verify_file,
)
from lusscore.features.watcher import Watcher


@dataclass
class Repair:
    """One feature file before and after it was mended.

    Attributes
    ----------
    before
        What was found.
    after
        What was found when all was done; None where nothing was wrong before.
    kept_as
        Where the damaged file lies now, if another took its place.
    saved
        Clips saved from it.
    computed
        Clips computed.
    left
        Why it is not all mended, as a sentence; else empty.
    """

    before: FileReport
    after: FileReport | None = None
    kept_as: Path | None = None
    saved: int = 0
    computed: int = 0
    left: str = ""

    @property
    def mended(self) -> bool:
        """Whether nothing is wrong any more."""
        if not self.before.findings:
            return True
        return self.after is not None and not self.after.findings and not self.left


@dataclass(frozen=True)
class RepairChoice:
    """With what a repair computes.

    Attributes
    ----------
    specs
        Backbones that cannot be found by the name of their file, by that name.
    weights_dir
        Folder of weights, None for the search order of the backbones room.
    engine
        How to execute the backbones; their precision is that of the file.
    """

    specs: Mapping[str, BackboneSpec] = field(default_factory=dict)
    weights_dir: Path | None = None
    engine: EngineChoice = field(default_factory=EngineChoice)


def repair_cohort(
    cohort: Cohort,
    features_dir: Path,
    backbones: Sequence[str] = (),
    *,
    choice: RepairChoice | None = None,
    verifying: VerifyWatcher | None = None,
    watcher: Watcher | None = None,
) -> list[Repair]:
    """Verify a cohort's feature files and mend those with anything wrong.

    Clips whose rows do not fit their checksum lose their mark. A file that is damaged as a
    whole is kept in ``aside/`` and another takes its place, with all clips that still fit
    their checksums. What a file then lacks is computed. Files in ``aside/`` are not computed.
    Killed at any moment, it can be run again.

    Parameters
    ----------
    cohort, features_dir, backbones
        See :func:`lusscore.features.verify.verify_cohort`.
    choice
        With what to compute.
    verifying, watcher
        Whom to tell, of reading and of computing.

    Raises
    ------
    EngineError
        If there is no engine of this name.
    FeatureFileError
        If ``media.json`` cannot be written.
    """
    choice, watcher = choice or RepairChoice(), watcher or Watcher()
    if choice.engine.name not in engine_names():
        raise EngineError(
            f"Unknown engine {choice.engine.name!r}; expected {' or '.join(engine_names())}."
        )
    verifying = verifying or VerifyWatcher()
    files = files_to_verify(cohort, features_dir, backbones)
    media = read_media(cohort, features_dir, verifying) if files else {}
    told = size_counter(files, verifying)
    repairs = []
    for path in files:
        try:
            with hold(_main_path(path, cohort, features_dir)):
                _beside(path).unlink(missing_ok=True)
                repair = Repair(verify_file(path, cohort, media, told, held=True))
                _mend(repair, cohort, choice)
        except FeatureFileError as error:
            repair = Repair(verify_file(path, cohort, media, told), left=str(error))
        repairs.append(repair)
    _compute(repairs, cohort, features_dir, media, choice, watcher)
    for repair in repairs:
        if repair.before.findings:
            repair.after = verify_file(repair.before.path, cohort, media, lambda size: None)
            repair.left = repair.left or _what_is_left(repair)
    return repairs


def _main_path(path: Path, cohort: Cohort, features_dir: Path) -> Path:
    """Return the file that a writer holds while it moves `path` to and from ``aside/``."""
    return feature_path(features_dir, cohort, backbone_of(path))


def _beside(path: Path) -> Path:
    """Return where a new file is made; one that is there was left by a process that was killed."""
    return path.with_name(f"{path.name}.new")


def _mend(repair: Repair, cohort: Cohort, choice: RepairChoice) -> None:
    """Take the marks of clips that do not fit, or replace the file. The caller holds it."""
    report = repair.before
    if report.damaged:
        _replace(repair, _believed(report, cohort, choice))
        return
    broken = set(report.clips_found("rows"))
    if broken:
        with FeatureStore(report.path) as store:
            store.revoke([row for clip, row in store.clips().items() if clip in broken], LOST)


def _replace(repair: Repair, believed: Sequence[Mapping[str, Any]]) -> None:
    """Put another file in the place of a damaged one, which is kept in ``aside/``."""
    path = repair.before.path
    beside = _beside(path)
    try:
        repair.saved = salvage(path, beside, believed)
        repair.kept_as = keep_damaged(path)
        if repair.saved:
            beside.replace(path)
        else:
            path.unlink()
    except (OSError, RuntimeError, ValueError) as error:
        beside.unlink(missing_ok=True)
        raise FeatureFileError(
            f"{path} cannot be mended ({describe_disk_error(error)}); free space on the disk and "
            "run this again. Nothing that it holds is lost."
        ) from None


def _believed(report: FileReport, cohort: Cohort, choice: RepairChoice) -> list[dict[str, Any]]:
    """List the settings that a file of this name has if nothing was changed since."""
    spec = _spec(report.backbone, choice)
    if spec is None or find_weights(spec, choice.weights_dir) is None:
        return []
    settings = cohort.card.extraction
    try:
        digest = load_weights(spec, choice.weights_dir, download=False).digest
        return [fingerprint_parts(spec, digest, settings, precision) for precision in PRECISIONS]
    except BackboneError:
        return []


def _spec(backbone: str, choice: RepairChoice) -> BackboneSpec | None:
    if backbone in choice.specs:
        return choice.specs[backbone]
    try:
        found = get_backbone(backbone)
    except BackboneError:
        return None
    return found if found.name == backbone else None


def _compute(
    repairs: Sequence[Repair],
    cohort: Cohort,
    features_dir: Path,
    media: Mapping[str, Media],
    choice: RepairChoice,
    watcher: Watcher,
) -> None:
    """Compute what the mended files lack: those of the same precision share a run."""
    groups: dict[str, list[tuple[Repair, BackboneSpec]]] = {}
    for repair in repairs:
        if repair.before.aside or repair.left or not _lacks_something(repair):
            continue
        try:
            spec, precision = _ready(repair.before, cohort, media, choice)
        except LusscoreError as error:
            repair.left = str(error)
        else:
            groups.setdefault(precision, []).append((repair, spec))
    for precision, members in groups.items():
        try:
            outcomes = extract_features(
                cohort,
                [spec for _, spec in members],
                features_dir,
                weights_dir=choice.weights_dir,
                engine=replace(choice.engine, precision=precision),
                watcher=watcher,
            )
        except LusscoreError as error:
            for repair, _ in members:
                repair.left = str(error)
            continue
        for (repair, _), outcome in zip(members, outcomes, strict=True):
            repair.computed = outcome.clips
            found = {finding.clip for finding in repair.before.findings}
            failed = [why for clip, why in outcome.failed.items() if clip in found]
            if not outcome.finished:
                repair.left = f"Stopped; 'lusscore features {cohort.name}' goes on."
            elif failed:
                repair.left = f"{len(failed)} clips could not be computed: {failed[0]}"


def _lacks_something(repair: Repair) -> bool:
    kinds = {finding.kind for finding in repair.before.findings}
    return bool(kinds & {"damaged", "rows", "lost", "media", "missing"})


def _ready(
    report: FileReport, cohort: Cohort, media: Mapping[str, Media], choice: RepairChoice
) -> tuple[BackboneSpec, str]:
    """Return with which backbone and precision to compute what a file lacks.

    Raises
    ------
    LusscoreError
        If it cannot be computed, or computing would lose embeddings that the file holds.
    """
    spec = _spec(report.backbone, choice)
    if spec is None:
        raise BackboneError(
            f"No network is called {report.backbone!r}, so what {report.path} lacks was not "
            f"computed; give its ONNX file with 'lusscore verify {cohort.name} --repair -b "
            f"FOLDER/{report.backbone}.onnx'."
        )
    if not report.path.exists():
        return spec, DEFAULT_PRECISION
    with open_feature_file(report.path) as file:
        _, parts = read_parts(file)
        table = read_clip_table(file)
    precision = str(parts.get("precision", DEFAULT_PRECISION))
    weights = load_weights(spec, choice.weights_dir)
    needed = fingerprint_parts(spec, weights.digest, cohort.card.extraction, precision)
    _, changes = stale_parts(report.path, needed)
    if changes:
        raise FeatureFileError(
            f"What {report.path} lacks was not computed, since it was made with other settings "
            f"({'; '.join(changes)}); run 'lusscore features {cohort.name} -b "
            f"{report.backbone}' to make what the card asks for now."
        )
    lost = [
        clip
        for clip, done in zip(table.paths, table.done, strict=True)
        if done and clip in media and media[clip].error
    ]
    if lost:
        raise FeatureFileError(
            f"What {report.path} lacks was not computed, since that would drop the embeddings of "
            f"clips that cannot be read now, {lost[0]} for one; bring them back, or take "
            "them out of the manifest, and run this again."
        )
    return spec, precision


def _what_is_left(repair: Repair) -> str:
    """Say what a person has to do about findings that no repair mends."""
    after = repair.after
    if after is None or not after.findings:
        return ""
    if after.clips_found("unreadable media"):
        return (
            "Clips that cannot be read are not mended by computing; bring them back, or take "
            "them out of the manifest, and run this again."
        )
    return f"{after.findings[0].what}."
