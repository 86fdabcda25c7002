"""What embeddings a cohort asks for now, what there is, what is missing, and packing it.

Whether embeddings are fresh is asked of card, code and weights, and never guessed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusscore.backbones import (
    DEFAULT_PRECISION,
    BackboneSpec,
    Weights,
    backbone_names,
    get_backbone,
    load_weights,
    locate_weights,
    weights_at,
    with_levels,
)
from lusscore.cohort import Cohort, ExtractionSettings
from lusscore.errors import BackboneError, DamagedFileError, FeatureFileError
from lusscore.features.feature_file import Features, feature_path, read_features, write_features
from lusscore.features.media import CACHE_NAME, Media, PlannedClip, plan_clip
from lusscore.features.parts import Block, Gap, Needs, PartStore, find_gaps, unite
from lusscore.features.recipe import Table, differences, make_recipe, make_selection
from lusscore.files import read_record, write_record

# where weights lie that embeddings were computed with, by digest
_WEIGHTS_NAME = "weights.json"


@dataclass
class Outcome:
    """What stage one did for one backbone.

    Attributes
    ----------
    backbone, path
        Its name, and its feature file.
    clips, frames, images
        Computed in this run: clips, frames of them, and frames times variants.
    seconds
        From the first clip to the last write, of all backbones of the run together.
    failed
        Clips without embeddings and why.
    away
        Clips that cannot be opened now and whose embeddings are kept.
    finished
        False if the run was stopped before its end.
    packed
        Whether the feature file was written.
    """

    backbone: str
    path: Path
    clips: int = 0
    frames: int = 0
    images: int = 0
    seconds: float = 0.0
    failed: dict[str, str] = field(default_factory=dict)
    away: list[str] = field(default_factory=list)
    finished: bool = True
    packed: bool = False


@dataclass
class Stock:
    """The embeddings of a cohort by one backbone: what is asked for now, and what there is.

    `spec` has the levels of the card. `weights` is None where they were not found; `recipe` then
    has the digest that is recorded. `record` is the feature file at `path`, None where it is
    missing or damaged; `damage` then says what is wrong with it. `store` has the parts of the
    recipe.
    """

    path: Path
    spec: BackboneSpec
    settings: ExtractionSettings
    recipe: Table
    selection: Table
    weights: Weights | None
    record: Features | None
    damage: str
    store: PartStore
    outcome: Outcome
    _rows: dict[str, int] = field(default_factory=dict)

    @classmethod
    def open(
        cls,
        cohort: Cohort,
        spec: BackboneSpec,
        features_dir: Path,
        *,
        weights_dir: Path | None = None,
        precision: str | None = None,
        media: Sequence[Media] = (),
        download: bool = False,
    ) -> Stock:
        """Look at what there is; of `precision` None, in that of the feature file.

        Weights are looked for as :func:`find_weights` does. Where there are none, the digest that
        is recorded is used. With `download`, they are downloaded where the file lacks anything
        that is asked for of `media`.

        BackboneError if the backbone lacks a level that the card asks for; WeightsError if there
        are neither weights nor a record.
        """
        spec = with_levels(spec, cohort.card.extraction.levels)
        path = feature_path(features_dir, cohort, spec.name)
        record, damage = None, ""
        if path.exists():
            try:
                record = read_features(path)
            except DamagedFileError as error:
                damage = str(error)
        weights = find_weights(spec, features_dir, weights_dir, record)
        if weights is None and record is None:
            weights = load_weights(spec, weights_dir, download=download)
        found = cls.of(cohort, spec, features_dir, weights, precision, record, damage)
        lacking = (not one.away and not found.complete(one) for one in media)
        if weights is None and download and any(lacking):
            weights = load_weights(spec, weights_dir)
            return cls.of(cohort, spec, features_dir, weights, precision, record, damage)
        return found

    @classmethod
    def of(
        cls,
        cohort: Cohort,
        spec: BackboneSpec,
        features_dir: Path,
        weights: Weights | None,
        precision: str | None,
        record: Features | None,
        damage: str = "",
    ) -> Stock:
        """Compare a feature file that was read, if any, with what is asked for now."""
        settings = cohort.card.extraction
        recorded = record.recipe if record else {}
        digest = weights.digest if weights else recorded["weights"]
        precision = precision or recorded.get("precision", DEFAULT_PRECISION)
        recipe = make_recipe(spec, digest, settings, precision)
        return cls(
            feature_path(features_dir, cohort, spec.name),
            spec,
            settings,
            recipe,
            make_selection(spec, settings),
            weights,
            record,
            damage,
            PartStore(features_dir, recipe),
            Outcome(spec.name, feature_path(features_dir, cohort, spec.name)),
        )

    def __post_init__(self) -> None:
        if self.record is not None and self.record.recipe == self.recipe:
            done = zip(self.record.digests, self.record.done.tolist(), strict=True)
            self._rows = {digest: row for row, (digest, there) in enumerate(done) if there}

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be asked and is taken from the record, as sentences."""
        notes = []
        if self.weights is None:
            notes.append(
                f"The weights of {self.spec.name} were not found; its embeddings are assumed to "
                f"be of those that the feature file records (SHA-256 "
                f"{self.recipe['weights'][:12]}…)."
            )
        if self.recipe["precision"] != DEFAULT_PRECISION:
            notes.append(
                f"The embeddings of {self.spec.name} were computed in "
                f"{self.recipe['precision']}, which changes them a little."
            )
        return tuple(notes)

    @property
    def changes(self) -> list[str]:
        """How the feature file that is there differs from what is asked for, in words."""
        if self.record is None:
            return []
        return differences(self.record.recipe, self.recipe) + differences(
            self.record.selection, self.selection
        )

    @cached_property
    def needs(self) -> Needs:
        """Variants and layers that are asked for of each frame."""
        return Needs.of(self.selection, self.recipe["dtype"])

    def plan(self, media: Media) -> PlannedClip:
        """Choose the frames of a clip; of one that is away, as the feature file has them."""
        clip = plan_clip(media, self.settings)
        record = self.record
        if not media.away or media.survey is not None or record is None:
            return clip
        if media.clip not in record.paths or record.selection != self.selection:
            return clip
        row = record.paths.index(media.clip)
        if record.errors[row]:
            return clip
        frames = record.frame[record.rows(row)].astype(np.int64)
        return replace(clip, digest=record.digests[row], frames=frames)

    def gaps(self, clip: PlannedClip) -> list[Gap]:
        """List what is missing of a clip; reads parts only where the feature file is not enough."""
        row = self._rows.get(clip.digest)
        own = [] if row is None or self.record is None else [self.record.block(row)]
        gaps = find_gaps(clip.frames, self.needs, own)
        if not gaps:
            return []
        return find_gaps(clip.frames, self.needs, [*self.store.read(clip.digest), *own])

    def complete(self, media: Media) -> bool:
        """Say whether all that is asked for of a clip is there."""
        if media.survey is None and not media.away:
            return bool(media.error)
        clip = self.plan(media)
        return bool(len(clip.frames)) and not self.gaps(clip)

    def pack(self, media: Sequence[Media]) -> None:
        """Write the feature file of these clips, unless it has this very content.

        WriteError if the disk does not take it, FeatureFileError if parts have vanished.
        """
        clips = []
        for clip in map(self.plan, media):
            error = self.outcome.failed.get(clip.path, "")
            frames = clip.frames[:0] if error else clip.frames
            clips.append(replace(clip, frames=frames, error=error))
        if self._holds(clips):
            return
        if self.record is not None:
            # what is copied from it gets a new digest, so its own has to be proved first
            try:
                read_features(self.path, again=True)
                self.record = self.record.replaceable()
            except FeatureFileError:
                self.record, self._rows = None, {}
        write_features(self.path, self.spec, self.recipe, self.selection, clips, self._entries)
        self.outcome.packed = True

    def _holds(self, clips: Sequence[PlannedClip]) -> bool:
        record = self.record
        if record is None or self.changes:
            return False
        held = zip(record.paths, record.digests, record.errors, strict=True)
        if list(held) != [(clip.path, clip.digest, clip.error) for clip in clips]:
            return False
        counts = [len(clip.frames) for clip in clips]
        owners = np.repeat(np.arange(len(clips)), counts)
        numbers = np.concatenate([np.empty(0, np.int64), *(clip.frames for clip in clips)])
        return np.array_equal(record.clip, owners) and np.array_equal(record.frame, numbers)

    def _entries(self, clip: PlannedClip) -> tuple[NDArray[Any], NDArray[np.float32], list[Block]]:
        """Give what a feature file holds of a clip, and the blocks that it comes from."""
        row = self._rows.get(clip.digest)
        blocks = self.store.read(clip.digest)
        if row is not None and self.record is not None:
            blocks.append(self.record.block(row))
        if find_gaps(clip.frames, self.needs, blocks):
            raise FeatureFileError(
                "embeddings are missing from the cache since they were computed",
                advice="run this again",
                path=self.store.folder,
            )
        return unite(clip.frames, self.needs, blocks)


def read_fresh(
    cohort: Cohort,
    spec: BackboneSpec,
    features_dir: Path,
    weights_dir: Path | None = None,
    *,
    again: bool = True,
) -> tuple[Features, tuple[str, ...]]:
    """Read a cohort's feature file, which must be what card, code and weights ask for now.

    Every byte is compared with the digest, unless `again` is off and no embedding is looked at.

    Returns
    -------
    tuple
        The features, and what could not be asked, as sentences.

    Raises
    ------
    FeatureFileError
        If the file is missing, damaged or stale; the message names what differs and the command
        that makes what is needed.
    BackboneError
        If the backbone lacks a level that the card asks for.
    """
    file = read_features(feature_path(features_dir, cohort, spec.name), again=again)
    spec = with_levels(spec, cohort.card.extraction.levels)
    weights = find_weights(spec, features_dir, weights_dir, file)
    stock = Stock.of(cohort, spec, features_dir, weights, None, file)
    changes = stock.changes
    if changes:
        name = spec.source if spec.family == "onnx" and spec.source else spec.name
        folder = f" --weights-dir {weights_dir}" if weights_dir else ""
        raise FeatureFileError(
            f"it was made with other settings: {'; '.join(changes)}",
            advice=f"run 'lusscore features {cohort.name} --backbone {name}{folder}' to make what "
            "is needed; what was computed is kept",
            path=file.path,
        )
    return file, stock.notes


def find_backbone(name: str, features_dir: Path, cohorts: Sequence[Cohort] = ()) -> BackboneSpec:
    """Find a backbone by its name, by the path of an ONNX file, or by a feature file of it.

    An ONNX network that was named by its path when embeddings were computed is found by its
    name alone; where the ONNX file is gone, it is what the feature file says of it.

    Raises
    ------
    BackboneError
        If there is no such backbone.
    """
    try:
        return get_backbone(name)
    except BackboneError:
        onnx = name.lower().endswith(".onnx")
        if onnx and Path(name).exists():
            raise
        stem, places = Path(name).stem if onnx else name, _weights_places(features_dir)
        for cohort in cohorts:
            path = feature_path(features_dir, cohort, stem)
            if path.parent.name != cohort.name or not path.is_file():
                continue
            try:
                file = read_features(path)
            except DamagedFileError:
                known = [one for one in places.values() if Path(one).name == f"{stem}.onnx"]
                if len(known) == 1:
                    return get_backbone(known[0])
                raise
            place = places.get(file.recipe["weights"], "")
            if place.endswith(".onnx") and Path(place).is_file():
                return get_backbone(place)
            return recorded_spec(file)
        raise


def recorded_spec(file: Features) -> BackboneSpec:
    """Return a backbone as a feature file describes it, which keeps no place of its network."""
    found = json.loads(file.attrs["network"])
    values: dict[str, Any] = {
        one.name: found[one.name] for one in fields(BackboneSpec) if one.name in found
    }
    values |= {"input_size": tuple(values["input_size"]), "levels": ()}
    return BackboneSpec(**values | {"maps": tuple(map(tuple, values["maps"]))})


def computed_backbones(features_dir: Path, cohorts: Sequence[Cohort]) -> list[str]:
    """Name the backbones that all cohorts have a feature file of, the registry's first."""
    found = {}
    for cohort in cohorts:
        folder = features_dir / cohort.name
        found[cohort.name] = {path.stem for path in folder.glob("*.h5")}
        if not found[cohort.name]:
            raise FeatureFileError(
                "there are no feature files",
                advice=f"make one with 'lusscore features {cohort.name}'",
                path=folder,
            )
    names = set.intersection(*found.values())
    if not names:
        held = "; ".join(f"{name} has {', '.join(sorted(own))}" for name, own in found.items())
        raise FeatureFileError(
            f"no backbone has a feature file for all cohorts: {held}",
            advice="make what is missing with 'lusscore features'",
            path=features_dir,
        )
    known = [name for name in backbone_names() if name in names]
    return known + sorted(names - set(known))


def find_weights(
    spec: BackboneSpec, features_dir: Path, weights_dir: Path | None, record: Features | None
) -> Weights | None:
    """Find a backbone's weights: in `weights_dir`, then where the record's were computed with."""
    recorded = None if record is None else str(record.recipe["weights"])
    found = locate_weights(spec, weights_dir)
    if recorded and (found is None or found[1] == "keras-cache"):
        place = Path(_weights_places(features_dir).get(recorded, ""))
        found = (place, "recorded") if place.is_file() else None
    return None if found is None else weights_at(*found, spec)


def remember_weights(features_dir: Path, weights: Weights) -> None:
    """Remember where weights lie that embeddings are computed with."""
    places, here = _weights_places(features_dir), str(weights.path.absolute())
    if places.get(weights.digest) != here:
        memory = features_dir / CACHE_NAME / _WEIGHTS_NAME
        write_record(memory, places | {weights.digest: here})


def _weights_places(features_dir: Path) -> dict[str, str]:
    return dict(read_record(features_dir / CACHE_NAME / _WEIGHTS_NAME) or {})
