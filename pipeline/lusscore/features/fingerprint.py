"""The fingerprint: the digest of everything that can change an embedding."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from lusscore.backbones import BackboneSpec, with_levels
from lusscore.cohort import ExtractionSettings
from lusscore.sector import SECTOR_VERSION

# Raise it whenever the code between a clip and its embedding changes what comes out.
EXTRACTION_VERSION = 4


def fingerprint_parts(
    spec: BackboneSpec,
    weights_digest: str | None,
    settings: ExtractionSettings,
    precision: str | None = None,
) -> dict[str, Any]:
    """List everything that can change an embedding, as plain JSON values.

    Engine, batch size, worker count and path are not here: they must not change an embedding.

    Parameters
    ----------
    spec
        The backbone.
    weights_digest
        SHA-256 of its weights; None leaves the part out, for readers that have no weights.
    settings
        The card's extraction settings.
    precision
        Number format of the network's arithmetic; None leaves the part out, for readers that
        take any.

    Raises
    ------
    BackboneError
        If the backbone lacks one of the levels that the card asks for.
    """
    parts = {
        "backbone": spec.name,
        "input_size": list(spec.input_size),
        "preprocessing": spec.preprocessing,
        "output": spec.output,
        **settings_parts(settings),
    }
    if weights_digest is not None:
        parts["weights"] = weights_digest
    if precision is not None:
        parts["precision"] = precision
    levels = with_levels(spec, settings.levels).level_sizes
    if levels:  # left out where there are none: so it was before there were levels
        parts["levels"] = levels
    return parts


def settings_parts(settings: ExtractionSettings) -> dict[str, Any]:
    """List the parts that do not come from the backbone."""
    table = settings.as_table()
    sector = table["sector"]
    return {
        "sector": sector if sector == "none" else f"{sector}, version {SECTOR_VERSION}",
        "contrast": table["contrast"],
        "frames": table["frames"],
        "repeated": table["repeated"],
        "variants": table["variants"],
        "augmentation": {key: table[key] for key in ("rotation", "shift", "scale", "flip", "seed")},
        "dtype": table["dtype"],
        "extraction_version": EXTRACTION_VERSION,
    }


def fingerprint_digest(parts: Mapping[str, Any]) -> str:
    """Return the SHA-256 of the parts in canonical JSON: 64 hexadecimal digits."""
    canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def differences(found: Mapping[str, Any], needed: Mapping[str, Any]) -> list[str]:
    """Say in words how `found` parts differ from those `needed`; empty when they do not.

    Only parts that `needed` names are compared; where it names no levels, none are needed.
    """
    lines: list[str] = []
    if not needed:
        return lines
    for key, value in needed.items():
        there = found.get(key)
        if key == "levels":
            continue
        if isinstance(value, Mapping) and isinstance(there, Mapping):
            lines += [f"{key} {line}" for line in differences(there, value)]
        elif there != value:
            lines.append(f"{key} is {_short(there)}, needed {_short(value)}")
    levels, wanted = found.get("levels", {}), needed.get("levels", {})
    if levels != wanted:
        lines.append(f"levels is {_named(levels)}, needed {_named(wanted)}")
    return lines


def _named(levels: Mapping[str, int]) -> str:
    return ", ".join(f"{name} ({size})" for name, size in levels.items()) or "none"


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:12]}…"
