"""How well a scorer did on held-out patients, in the words of its model card."""

from __future__ import annotations

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
