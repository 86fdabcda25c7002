"""A bundle in a few words."""

from __future__ import annotations

from typing import Any

from lusscore.bundle.bundle import Bundle


def bundle_facts(bundle: Bundle) -> dict[str, Any]:
    """Return what tells a bundle from others, as plain JSON values."""
    return {
        "id": bundle.id,
        "digest": bundle.digest,
        "name": bundle.name,
        "created": bundle.created,
        "lusscore": bundle.lusscore,
        "protocol": bundle.protocol,
        "rubric": bundle.rubric,
        "label_level": bundle.label_level,
        "synthetic": bundle.synthetic,
        "backbones": list(bundle.networks),
        "heads": [
            {"head": member.name, "sees": [one.name for one in member.features]}
            for member in bundle.members
        ],
        "clip_rule": bundle.clip_rule.name,
        "zone_rule": bundle.zone_rule.name,
        "least_confidence": bundle.least_confidence,
        "coverage": bundle.coverage,
    }
