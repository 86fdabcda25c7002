"""How well a scorer did on held-out patients, in the words of its model card."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_MEASURES = ("accuracy", "accuracy of the most frequent score", "quadratic kappa")


def model_performance(card: Mapping[str, Any]) -> str:
    """Return what a reader must have seen before a score; empty if the card does not say it.

    Parameters
    ----------
    card
        Of a bundle; any plain JSON values under any headings, of which those are read that
        ``lusscore train`` writes.
    """
    performance = card.get("Performance")
    if not isinstance(performance, Mapping):
        return ""
    told = [text for name in _MEASURES if (text := _measure(performance.get("Clips"), name))]
    sentences = [f"On clips of held-out patients of its training cohort: {', '.join(told)}."]
    kappa = _lowest(performance.get("Clips"), "quadratic kappa")
    if kappa is not None:
        sentences.append(
            "It is better than always giving the most frequent score, whose kappa is 0."
            if kappa > 0
            else "It is not shown to be better than always giving the most frequent score, whose "
            "kappa is 0."
        )
    whole = performance.get("Global score")
    if isinstance(whole, str) and whole:
        sentences.append(f"Global score: {whole[0].lower()}{whole[1:]}")
    return " ".join(sentences) if told else ""


def _measure(rows: Any, name: str) -> str:
    if not isinstance(rows, list):
        return ""
    for row in rows:
        if isinstance(row, Mapping) and row.get("measure") == name:
            return f"{name} {row.get('value', '')} {row.get('95 % interval', '')}".strip()
    return ""


def _lowest(rows: Any, name: str) -> float | None:
    """Return where a measure's interval begins."""
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, Mapping) and row.get("measure") == name:
            first = re.match(r"\[(-?[\d.]+),", str(row.get("95 % interval", "")))
            return float(first[1]) if first else None
    return None
