"""What there is of a cohort's embeddings by one backbone, what lacks, and packing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusscore.backbones import BackboneSpec, Weights
from lusscore.cohort import Cohort, ExtractionSettings
from lusscore.errors import DamagedFileError, FeatureFileError, WeightsError
from lusscore.features.feature_file import (
    Features,
    feature_path,
    read_features,
    write_features,
)
from lusscore.features.freshness import Asked, ask
from lusscore.features.media import Media, PlannedClip, plan_clip
from lusscore.features.parts import Block, Gap, Needs, PartStore, find_gaps, unite


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
    """The embeddings of a cohort by one backbone: what is asked for, and what is there.

    `record` is the feature file at `path`, None where it is missing or damaged; `damage` then says
    what is wrong with it. `store` has the parts of the recipe that is asked for.
    """

    path: Path
    asked: Asked
    settings: ExtractionSettings
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
        """Look at what there is.

        Where weights are not at hand and the file has all that is asked for of `media`, none are
        asked for; else they are downloaded, if that is wanted. See
        :func:`lusscore.features.freshness.ask` for the rest.
        """
        path = feature_path(features_dir, cohort, spec.name)
        record, damage = None, ""
        if path.exists():
            try:
                record = read_features(path)
            except DamagedFileError as error:
                damage = str(error)
        settings = cohort.card.extraction

        def look(download: bool) -> Stock:
            asked = ask(
                cohort,
                spec,
                features_dir,
                weights_dir=weights_dir,
                precision=precision,
                record=record,
                download=download,
            )
            store = PartStore(features_dir, asked.recipe)
            return cls(path, asked, settings, record, damage, store, Outcome(spec.name, path))

        found = look(download and record is None)
        if (
            found.asked.weights is None
            and download
            and not all(one.away or found.complete(one) for one in media)
        ):
            found = look(True)
        return found

    def __post_init__(self) -> None:
        if self.record is not None and self.record.recipe == self.asked.recipe:
            done = zip(self.record.digests, self.record.done.tolist(), strict=True)
            self._rows = {digest: row for row, (digest, there) in enumerate(done) if there}

    @property
    def spec(self) -> BackboneSpec:
        """The backbone, with the levels of the card."""
        return self.asked.spec

    @property
    def weights(self) -> Weights:
        """The weights, which are needed now."""
        if self.asked.weights is None:
            raise WeightsError(
                f"Weights of {self.spec.name} are needed now: a clip changed while it was looked "
                "at. Run this again."
            )
        return self.asked.weights

    @cached_property
    def needs(self) -> Needs:
        """Variants and layers that are asked for of each frame."""
        return Needs.of(self.asked.selection, self.asked.recipe["dtype"])

    @property
    def changes(self) -> list[str]:
        """How the feature file that is there differs from what is asked for, in words."""
        return [] if self.record is None else self.asked.changes(self.record)

    def plan(self, media: Media) -> PlannedClip:
        """Choose the frames of a clip; of one that is away, as the feature file has them."""
        clip = plan_clip(media, self.settings)
        record = self.record
        if not media.away or media.survey is not None or record is None:
            return clip
        if media.clip not in record.paths or record.selection != self.asked.selection:
            return clip
        row = record.paths.index(media.clip)
        if record.errors[row]:
            return clip
        frames = record.frame[record.rows(row)].astype(np.int64)
        return replace(clip, digest=record.digests[row], frames=frames)

    def gaps(self, clip: PlannedClip) -> list[Gap]:
        """List what lacks of a clip; parts are read only where the feature file is not enough."""
        row = self._rows.get(clip.digest)
        own = [] if row is None or self.record is None else [self.record.block(row)]
        gaps = find_gaps(clip.frames, self.needs, own)
        if not gaps:
            return []
        return find_gaps(clip.frames, self.needs, [*self.store.read(clip.digest), *own])

    def complete(self, media: Media) -> bool:
        """Tell whether all that is asked for of a clip is there."""
        if media.survey is None and not media.away:
            return bool(media.error)
        clip = self.plan(media)
        return bool(len(clip.frames)) and not self.gaps(clip)

    def pack(self, media: Sequence[Media]) -> None:
        """Write the feature file of these clips, unless it has this very content.

        Raises
        ------
        FeatureFileError
            If the disk refuses it, or parts have vanished.
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
        try:
            write_features(
                self.path, self.spec, self.asked.recipe, self.asked.selection, clips, self._entries
            )
        except OSError as error:
            raise FeatureFileError(
                f"it cannot be written ({error.strerror or type(error).__name__})",
                advice=(
                    "free space, check the drive and permissions and run this again: what was "
                    "computed is kept"
                ),
                path=self.path,
            ) from error
        self.outcome.packed = True

    def _holds(self, clips: Sequence[PlannedClip]) -> bool:
        record = self.record
        if record is None or self.changes:
            return False
        told = zip(record.paths, record.digests, record.errors, strict=True)
        if list(told) != [(clip.path, clip.digest, clip.error) for clip in clips]:
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
                "embeddings have vanished from the cache since they were computed",
                advice="run this again",
                path=self.store.folder,
            )
        return unite(clip.frames, self.needs, blocks)
