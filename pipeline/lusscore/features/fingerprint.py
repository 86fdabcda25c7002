"""The fingerprint: the digest of everything that can change an embedding."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from lusscore.backbones import BackboneSpec
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

    Only parts that `needed` names are compared.
    """
    lines = []
    for key, value in needed.items():
        there = found.get(key)
        if isinstance(value, Mapping) and isinstance(there, Mapping):
            lines += [f"{key} {line}" for line in differences(there, value)]
        elif there != value:
            lines.append(f"{key} is {_short(there)}, needed {_short(value)}")
    return lines


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:12]}…"
