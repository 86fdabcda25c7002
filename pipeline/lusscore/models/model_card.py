"""The model card: what it says under which heading, and a page for people in Markdown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ConfigDict, Field

from lusscore.models.bundle import Bundle
from lusscore.records import Document

_SPECIAL = str.maketrans({char: f"\\{char}" for char in "\\`*_[]<>|#&~"})
# what would begin a list in a list
_MARK = re.compile(r"^(\d*)([-+.)])(?=\s|-|$)")


class ModelCard(Document):
    """A card as ``bundle.json`` keeps it; bundles of before it had a version give none."""

    model_config = ConfigDict(extra="allow")
    RENEW = "train the bundle again with 'lusscore train'"
    schema_version: int = Field(1, alias="schema")
    intended_use: tuple[str, ...] = Field((), alias="Intended use")
    training_cohort: dict[str, Any] = Field(default_factory=dict, alias="Training cohort")
    scorer: dict[str, Any] = Field(default_factory=dict, alias="LoadedModel")
    performance: dict[str, Any] = Field(default_factory=dict, alias="Performance")
    calibration: dict[str, Any] = Field(default_factory=dict, alias="Calibration and review")
    limitations: tuple[str, ...] = Field((), alias="Limitations")


def render_card(bundle: Bundle) -> str:
    """Return the card under its headings, after what names the bundle."""
    lines = [f"# Model card: {_inline(bundle.name)}", ""]
    if bundle.synthetic:
        lines += ["**Trained on computed images alone: it says nothing about patients.**", ""]
    lines += _bullets(
        {
            "Id": bundle.id,
            "Trained": f"{bundle.created}, by lusscore {bundle.lusscore}",
            "Protocol": bundle.protocol,
            "Rubric": bundle.rubric,
            "Backbones": ", ".join(bundle.networks),
        }
    )
    lines += _section(bundle.card, 2)
    return "\n".join(lines).rstrip() + "\n"


def _section(table: Mapping[str, Any], level: int) -> list[str]:
    """Write a mapping: plain values as a list, what is more under a heading each."""
    lines: list[str] = []
    plain: dict[str, Any] = {}
    for key, value in table.items():
        if not isinstance(value, (Mapping, list, tuple)):
            plain[key] = value
            continue
        lines += _bullets(plain)
        plain = {}
        heading = f"{'#' * min(level, 6)} {_inline(key)}"
        lines += [heading, "", *_block(value, level + 1)]
    return lines + _bullets(plain)


def _block(value: Mapping[str, Any] | Sequence[Any], level: int) -> list[str]:
    if not value:
        return ["None.", ""]
    if isinstance(value, Mapping):
        return _section(value, level)
    if all(isinstance(row, Mapping) for row in value):
        return _table(value)
    return [*(f"- {_inline(entry)}" for entry in value), ""]


def _bullets(plain: Mapping[str, Any]) -> list[str]:
    if not plain:
        return []
    return [*(f"- **{_inline(key)}:** {_inline(value)}" for key, value in plain.items()), ""]


def _table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    columns = list(dict.fromkeys(key for row in rows for key in row))
    return [
        _row(columns),
        "|" + " --- |" * len(columns),
        *(_row([row.get(column, "") for column in columns]) for row in rows),
        "",
    ]


def _row(cells: Sequence[Any]) -> str:
    return f"| {' | '.join(_inline(cell) for cell in cells)} |"


def _inline(value: Any) -> str:
    """Write a value in one line, none of its characters being markup."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}"
    return _MARK.sub(r"\1\\\2", " ".join(str(value).split()).translate(_SPECIAL))
