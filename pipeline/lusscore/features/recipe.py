"""The recipe: everything that can change the embedding of a given frame, and its digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from lusscore.backbones import BackboneSpec, get_preprocessing, plugin_of, with_levels
from lusscore.cohort import ExtractionSettings
from lusscore.sector import SECTOR_VERSION

# Raise it whenever the code between a clip and its embedding changes what comes out.
EXTRACTION_VERSION = 4
EMBEDDING = "embedding"

Table = Mapping[str, Any]


def make_recipe(
    spec: BackboneSpec, weights_digest: str, settings: ExtractionSettings, precision: str
) -> dict[str, Any]:
    """List everything that can change an embedding, as plain JSON values.

    Which frames, how many variants and which layers are no part of it: they say which entries
    of the cache are needed. Engine, batch size, workers and paths are not either: they must not
    change an embedding.
    """
    sector = settings.sector
    recipe: dict[str, Any] = {
        "backbone": spec.name,
        "weights": weights_digest,
        "input_size": list(spec.input_size),
        "preprocessing": asdict(get_preprocessing(spec.preprocessing)),
        "output": spec.output,
        "precision": precision,
        "input": "letterboxed frame",
        "sector": sector if sector == "none" else f"{sector}, version {SECTOR_VERSION}",
        "contrast": settings.contrast,
        "dtype": settings.dtype,
        "extraction_version": EXTRACTION_VERSION,
    }
    plugin = plugin_of(spec)
    recipe |= {"source": plugin.digest} if plugin else {}
    # as JSON has it, so that what was read from a file compares
    return dict(json.loads(json.dumps(recipe)))


def make_selection(spec: BackboneSpec, settings: ExtractionSettings) -> dict[str, Any]:
    """List what a feature file holds of each clip, as plain JSON values.

    BackboneError if the backbone lacks one of the layers that the card asks for.
    """
    table = settings.as_table()
    levels = with_levels(spec, settings.levels).level_sizes
    return {
        "frames": table["frames"],
        "repeated": table["repeated"],
        "variants": table["variants"],
        "augmentation": augmentation(settings) if settings.variants else {},
        "layers": {EMBEDDING: spec.embedding_size, **levels},
    }


def augmentation(settings: ExtractionSettings) -> dict[str, Any]:
    """List what changes the embedding of a variant, but not of the clean frame."""
    return {key: getattr(settings, key) for key in ("rotation", "shift", "scale", "flip", "seed")}


def digest_of(parts: Table) -> str:
    """Return the SHA-256 of parts in canonical JSON: 64 hexadecimal digits."""
    canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def differences(found: Table, needed: Table) -> list[str]:
    """Say in words how `found` parts differ from those `needed`; empty when they do not."""
    lines: list[str] = []
    for key in dict.fromkeys((*needed, *found)):
        there, value = found.get(key), needed.get(key)
        if there == value:
            continue
        if key == "layers":
            lines.append(f"layers are {_layers(there)}, needed {_layers(value)}")
        elif isinstance(value, Mapping) and isinstance(there, Mapping) and value and there:
            lines += [f"{key} {line}" for line in differences(there, value)]
        else:
            lines.append(f"{key} is {_short(there)}, needed {_short(value)}")
    return lines


def _layers(layers: Any) -> str:
    return ", ".join(f"{name} ({size})" for name, size in (layers or {}).items()) or "none"


def _short(value: object) -> str:
    text = "none" if value is None or value == {} else str(value)
    return text if len(text) <= 40 else f"{text[:12]}…"
