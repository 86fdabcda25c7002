"""Embeddings joined with their labels: what stage two trains and tests on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lusscore.backbones import BackboneSpec
from lusscore.cohort import Cohort, Segment, Split, split_by_cohort
from lusscore.errors import CohortError, FeatureFileError
from lusscore.evaluation.guards import check_comparable, check_owners
from lusscore.evaluation.models import EMBEDDING, FeatureSet
from lusscore.features import Features, read_fresh
from lusscore.heads import MappedRows, gather_rows

_SEGMENT_COLUMNS = ("clip", "patient", "exam", "zone", "group", "device")
_COLUMNS = ("patient", "exam", "zone", "clip", "group", "device", "digest", "frame", "truth")


class LabelledFrames(Protocol):
    """What heads are trained and tested on; see :class:`Dataset`."""

    @property
    def frames(self) -> pd.DataFrame:
        """One row per labelled frame."""

    @property
    def backbones(self) -> tuple[str, ...]:
        """Backbones that every frame has embeddings of."""

    def embeddings(
        self, features: Sequence[FeatureSet], rows: NDArray[np.int64], variants: int | None = None
    ) -> NDArray[Any]:
        """Gather embeddings of some of `frames`."""


@dataclass(frozen=True)
class Dataset:
    """The labelled frames of a cohort and where each backbone keeps their embeddings.

    Attributes
    ----------
    frames
        One row per labelled frame, in manifest order: ``patient, exam, zone, clip, group, device,
        digest`` as text, ``frame, truth`` as int64.
    rows, features
        Per backbone: rows of its embeddings, int64, shape (frames,), and its feature file.
    skipped
        Labelled clips that have no embeddings, and why.
    """

    frames: pd.DataFrame
    rows: Mapping[str, NDArray[np.int64]]
    features: Mapping[str, Features]
    skipped: Mapping[str, str]

    @property
    def media_digest(self) -> str:
        """SHA-256 of the names of all clips and the digests of their media bytes, hexadecimal."""
        clips = self.frames[["clip", "digest"]].drop_duplicates().sort_values("clip")
        lines = "".join(f"{clip}\t{digest}\n" for clip, digest in clips.itertuples(index=False))
        return hashlib.sha256(lines.encode()).hexdigest()

    @property
    def backbones(self) -> tuple[str, ...]:
        """Backbones that every frame has embeddings of."""
        return tuple(self.rows)

    def embeddings(
        self, features: Sequence[FeatureSet], rows: NDArray[np.int64], variants: int | None = None
    ) -> NDArray[Any]:
        """Gather what some frames have of one set of features, or of several one after the other.

        `rows` are those of `frames`; `variants` is how many, the clean frame being the first, and
        None for all. Gives float16 or float32, shape (rows, variants, numbers of all sets); raises
        :class:`FeatureFileError` if a feature file does not hold a level.
        """
        parts = [
            gather_rows(
                self._level(one.backbone, level)[:, :variants], self.rows[one.backbone][rows]
            )
            for one in features
            for level in one.levels
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=-1)

    def mapped(self, features: Sequence[FeatureSet], rows: NDArray[np.int64]) -> MappedRows:
        """Return what :meth:`embeddings` would, left on the disk until it is needed."""
        sets = [(one.backbone, level) for one in features for level in one.levels]
        return MappedRows(
            [self._level(backbone, level) for backbone, level in sets],
            [self.rows[backbone][rows] for backbone, _ in sets],
        )

    def _level(self, backbone: str, level: str) -> NDArray[Any]:
        file = self.features[backbone]
        if level == EMBEDDING:
            return file.embeddings
        if level not in file.levels:
            raise FeatureFileError(
                f"{file.path} does not hold the level {level}; it has "
                f"{', '.join((EMBEDDING, *file.levels))}. Add {level} to levels in the card's "
                "[extraction] and run 'lusscore features', or ask for others with --levels."
            )
        return file.levels[level]

    def only(self, kept: NDArray[np.bool_]) -> Dataset:
        """Return the frames for which `kept`, bool of shape (frames,), is true."""
        rows = {backbone: own[kept] for backbone, own in self.rows.items()}
        return replace(self, frames=self.frames[kept].reset_index(drop=True), rows=rows)


@dataclass(frozen=True)
class JoinedDatasets:
    """Labelled frames of several cohorts, one after the other, as one set of rows.

    `names` are put before patients and clips of each part, since two cohorts may use one name for
    two patients; an empty one leaves them as they are.
    """

    parts: tuple[Dataset, ...]
    names: tuple[str, ...]

    @cached_property
    def frames(self) -> pd.DataFrame:
        """One row per labelled frame, as in :class:`Dataset`."""
        tables = []
        for part, name in zip(self.parts, self.names, strict=True):
            named = {key: f"{name}/" + part.frames[key] for key in ("patient", "clip") if name}
            tables.append(part.frames.assign(**named))
        return pd.concat(tables, ignore_index=True)

    @property
    def backbones(self) -> tuple[str, ...]:
        """Backbones that every frame has embeddings of."""
        return self.parts[0].backbones

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """First row of each part, and last the number of rows, shape (parts + 1,)."""
        return np.cumsum([0, *(len(part.frames) for part in self.parts)], dtype=np.int64)

    def embeddings(
        self, features: Sequence[FeatureSet], rows: NDArray[np.int64], variants: int | None = None
    ) -> NDArray[Any]:
        """Gather embeddings of some of `frames`, as :meth:`Dataset.embeddings` does.

        Rows of several parts must have equally many variants, or ask for one.
        """
        part_of = np.searchsorted(self.starts, rows, side="right") - 1
        places = [np.flatnonzero(part_of == number) for number in range(len(self.parts))]
        gathered = [
            part.embeddings(features, rows[place] - start, variants)
            for part, place, start in zip(self.parts, places, self.starts, strict=False)
            if len(place)
        ]
        if len(gathered) == 1:
            return gathered[0]
        return np.concatenate(gathered)[np.argsort(np.concatenate(places))]


@dataclass(frozen=True)
class LabelledCohort:
    """A cohort with its labelled frames and their embeddings.

    `notes` say what of the embeddings' origin could not be checked and is taken from the record.
    """

    cohort: Cohort
    dataset: Dataset
    notes: tuple[str, ...] = ()


def join_cohorts(
    training: Sequence[LabelledCohort], tested: LabelledCohort
) -> tuple[JoinedDatasets, tuple[Split, ...]]:
    """Join cohorts, to train on all frames of some and test on all of another, which are the last.

    Raises
    ------
    CohortError
        If a cohort is named twice, a recording is in two of them, or their embeddings were made
        by other networks or of other images.
    """
    check_comparable(training, tested)
    parts = tuple(labelled.dataset for labelled in (*training, tested))
    names = (*(labelled.cohort.name for labelled in training), "")
    return JoinedDatasets(parts, names), split_by_cohort([len(part.frames) for part in parts])


def load_cohort(
    cohort: Cohort,
    specs: Sequence[BackboneSpec],
    features_dir: Path,
    weights_dir: Path | None = None,
) -> LabelledCohort:
    """Read a cohort's feature files, which must be fresh, and join its labels.

    `weights_dir` is the folder of the weights that embeddings must have been computed with, where
    they are not where they were.

    Raises
    ------
    FeatureFileError
        If a feature file is missing, unfinished, damaged, or not what card, code and weights ask
        for now.
    CohortError
        If nothing is labelled, or one recording is given to two patients.
    """
    read = [read_fresh(cohort, spec, features_dir, weights_dir) for spec in specs]
    notes = tuple(note for _, own in read for note in own)
    return LabelledCohort(cohort, join_labels(cohort, [file for file, _ in read]), notes)


def join_labels(cohort: Cohort, features: Sequence[Features]) -> Dataset:
    """Join the manifest's labels with the embeddings of backbones; raises as :func:`load_cohort`.

    Only frames that every backbone has are kept, so that all are compared on the same frames.
    """
    segments = [segment for segment in cohort.segments if segment.score is not None]
    skipped: dict[str, str] = {}
    joined = pd.DataFrame()
    for number, file in enumerate(features):
        skipped |= _check_complete(file, segments)
        segment, rows = file.segments(segments)
        frame = file.frame[rows].astype(np.int64)
        found = pd.DataFrame({"segment": segment, "frame": frame, file.backbone: rows})
        joined = found if number == 0 else joined.merge(found, on=["segment", "frame"])
    labels = _tabulate(segments).astype({"score": np.int64}).rename(columns={"score": "truth"})
    joined = joined.join(labels, on="segment")
    if joined.empty:
        raise CohortError(
            f"Cohort {cohort.name} has no labelled frames with embeddings; give scores in "
            f"{cohort.folder / 'manifest.csv'}."
        )
    digests = dict(zip(features[0].paths, features[0].digests, strict=True))
    joined["digest"] = joined["clip"].map(digests)
    check_owners(joined)
    return Dataset(
        frames=joined[list(_COLUMNS)],
        rows={file.backbone: joined[file.backbone].to_numpy(np.int64) for file in features},
        features={file.backbone: file for file in features},
        skipped=skipped,
    )


def describe_frames(cohort: Cohort, file: Features, folds_file: Path | None = None) -> pd.DataFrame:
    """Describe every frame of a cohort's feature file, one row per row of its embeddings.

    Returns
    -------
    DataFrame
        ``clip``, ``frame``, ``time`` in seconds, ``patient, exam, zone, group, device`` as text,
        ``score`` (Int64, NA where the frame lies in no labelled segment), and with the
        ``folds.csv`` of a run ``fold`` (Int64, of the first repeat; NA for patients in none).
    """
    frames = pd.DataFrame(
        {
            "clip": np.array(file.paths, dtype=object)[file.clip],
            "frame": file.frame.astype(np.int64),
            "time": file.time,
        }
    )
    labels = _tabulate(cohort.segments)
    first = labels.drop_duplicates("clip").drop(columns="score")
    frames = frames.merge(first, on="clip", how="left", sort=False)
    segment, rows = file.segments(cohort.segments)
    frames.loc[rows, "zone"] = labels["zone"].to_numpy()[segment]
    frames["score"] = pd.array([pd.NA] * len(frames), dtype="Int64")
    scores = labels["score"].iloc[segment]
    given = scores.notna().to_numpy()
    frames.loc[rows[given], "score"] = scores[given].array
    if folds_file is not None:
        table = pd.read_csv(folds_file, dtype={"patient": str}, keep_default_na=False)
        table = table[table["repeat"] == 1] if "repeat" in table else table
        fold = dict(zip(table["patient"], table["fold"], strict=True))
        frames["fold"] = frames["patient"].map(fold).astype("Int64")
    return frames


def _tabulate(segments: Sequence[Segment]) -> pd.DataFrame:
    table = pd.DataFrame(
        {name: [getattr(segment, name) for segment in segments] for name in _SEGMENT_COLUMNS}
    )
    return table.assign(score=pd.array([segment.score for segment in segments], dtype="Int64"))


def _check_complete(file: Features, segments: Sequence[Segment]) -> dict[str, str]:
    """Return the labelled clips that failed; raise if any other lacks embeddings."""
    errors = dict(zip(file.paths, file.errors, strict=True))
    clips = dict.fromkeys(segment.clip for segment in segments)
    lacking = [clip for clip in clips if clip not in errors]
    if lacking:
        raise FeatureFileError(
            f"{file.path} lacks {len(lacking)} labelled clips, the first {lacking[0]!r}; run "
            f"'lusscore features {file.path.parent.name} --backbone {file.backbone}' to compute "
            "them."
        )
    return {clip: errors[clip] for clip in clips if errors[clip]}
