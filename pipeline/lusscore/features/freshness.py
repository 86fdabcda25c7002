"""Whether embeddings are what card, code and weights ask for now: asked, never guessed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

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
from lusscore.cohort import Cohort
from lusscore.errors import BackboneError, DamagedFileError, FeatureFileError
from lusscore.features.feature_file import Features, feature_path, read_features
from lusscore.features.media import CACHE_NAME
from lusscore.features.recipe import Table, differences, make_recipe, make_selection
from lusscore.files import read_record, write_record

_PLACES_NAME = "weights.json"


@dataclass(frozen=True)
class Asked:
    """What embeddings of a backbone, with the levels of the card, a cohort asks for now.

    `weights` is None where they are not at hand; the recipe then has the digest that is recorded.
    """

    spec: BackboneSpec
    recipe: Table
    selection: Table
    weights: Weights | None

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be asked and is taken from the record, as sentences."""
        notes = []
        if self.weights is None:
            notes.append(
                f"The weights of {self.spec.name} are not at hand; its embeddings are taken to "
                f"be of those that their file records (SHA-256 {self.recipe['weights'][:12]}…)."
            )
        if self.recipe["precision"] != DEFAULT_PRECISION:
            notes.append(
                f"The embeddings of {self.spec.name} were computed in "
                f"{self.recipe['precision']}, which changes them a little."
            )
        return tuple(notes)

    def changes(self, file: Features) -> list[str]:
        """Say in words how a feature file differs from what is asked for."""
        return differences(file.recipe, self.recipe) + differences(file.selection, self.selection)


def ask(
    cohort: Cohort,
    spec: BackboneSpec,
    features_dir: Path,
    *,
    weights_dir: Path | None = None,
    precision: str | None = None,
    record: Features | None = None,
    download: bool = False,
) -> Asked:
    """Say what embeddings a cohort asks for now.

    Weights are looked for in `weights_dir`, then where the embeddings of the record were
    computed with theirs. Where neither has any, the digest that is recorded is used, or they are
    downloaded. A precision of None is the record's.

    Raises
    ------
    BackboneError
        If the backbone lacks a level that the card asks for.
    WeightsError
        If there are no weights at hand, and no record either.
    """
    settings = cohort.card.extraction
    spec = with_levels(spec, settings.levels)
    recorded = record.recipe if record else {}
    weights = find_weights(spec, features_dir, weights_dir, record)
    if weights is None and (record is None or download):
        weights = load_weights(spec, weights_dir, download=download)
    digest = weights.digest if weights else recorded["weights"]
    precision = precision or recorded.get("precision", DEFAULT_PRECISION)
    recipe = make_recipe(spec, digest, settings, precision)
    return Asked(spec, recipe, make_selection(spec, settings), weights)


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
    asked = ask(cohort, spec, features_dir, weights_dir=weights_dir, record=file)
    changes = asked.changes(file)
    if changes:
        name = spec.source if spec.family == "onnx" and spec.source else spec.name
        folder = f" --weights-dir {weights_dir}" if weights_dir else ""
        raise FeatureFileError(
            f"it was made with other settings: {'; '.join(changes)}",
            advice=(
                f"run 'lusscore features {cohort.name} --backbone {name}{folder}' to make what is "
                "needed; what was computed is kept"
            ),
            path=file.path,
        )
    return file, asked.notes


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
        stem = Path(name).stem if onnx else name
        places = _places(features_dir)
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


def remember_weights(features_dir: Path, weights: Weights) -> None:
    """Remember where weights lie that embeddings are computed with."""
    places, here = _places(features_dir), str(weights.path.absolute())
    if places.get(weights.digest) != here:
        write_record(_places_path(features_dir), places | {weights.digest: here})


def find_weights(
    spec: BackboneSpec, features_dir: Path, weights_dir: Path | None, record: Features | None
) -> Weights | None:
    """Find a backbone's weights: in `weights_dir`, then where the record's were computed with."""
    recorded = None if record is None else str(record.recipe["weights"])
    found = locate_weights(spec, weights_dir)
    if recorded and (found is None or found[1] == "keras-cache"):
        place = Path(_places(features_dir).get(recorded, ""))
        found = (place, "recorded") if place.is_file() else None
    return None if found is None else weights_at(*found, spec)


def _places(features_dir: Path) -> dict[str, str]:
    return dict(read_record(_places_path(features_dir)) or {})


def _places_path(features_dir: Path) -> Path:
    return features_dir / CACHE_NAME / _PLACES_NAME


def recorded_spec(file: Features) -> BackboneSpec:
    """Return a backbone as a feature file describes it; where its network lies is not told."""
    told = json.loads(file.attrs["network"])
    values: dict[str, Any] = {
        one.name: told[one.name] for one in fields(BackboneSpec) if one.name in told
    }
    for key in ("input_size", "levels"):
        values[key] = tuple(values[key])
    return BackboneSpec(**values | {"maps": tuple(map(tuple, values["maps"])), "levels": ()})


def computed_backbones(features_dir: Path, cohorts: Sequence[Cohort]) -> list[str]:
    """Name the backbones that all cohorts have a feature file of, the registry's first."""
    found = {}
    for cohort in cohorts:
        folder = features_dir / cohort.name
        found[folder] = {path.stem for path in folder.glob("*.h5")}
        if not found[folder]:
            raise FeatureFileError(
                "there are no feature files",
                advice=f"make one with 'lusscore features {folder.name}'",
                path=folder,
            )
    names = set.intersection(*found.values())
    if not names:
        told = "; ".join(
            f"{folder.name} has {', '.join(sorted(own))}" for folder, own in found.items()
        )
        raise FeatureFileError(
            f"no backbone has a feature file for all cohorts: {told}",
            advice="make what is missing with 'lusscore features'",
            path=features_dir,
        )
    known = [name for name in backbone_names() if name in names]
    return known + sorted(names - set(known))
