"""Colours that mean the same thing everywhere in a report."""

from __future__ import annotations

# Sequential: lightness falls from 0 to 3, so the order also holds in grey and for the colour-blind.
SCORE_COLOURS = ("#cfe6f2", "#f0b840", "#d8662c", "#7d1535")
SCORE_INK = ("#12202b", "#12202b", "#12202b", "#ffffff")

# Cool or neutral, so that no model looks like a score; told apart by marker and dash as well.
_MODELS = (
    ("#1f77b4", "o", "-"),
    ("#0b8f6f", "s", "--"),
    ("#8e5bb5", "^", "-."),
    ("#c2408f", "D", ":"),
    ("#5f7a1e", "v", (0, (5, 1))),
    ("#2aa7c9", "P", (0, (3, 1, 1, 1))),
)
MODEL_COLOURS = tuple(colour for colour, _, _ in _MODELS)
BASELINE_COLOUR = "#7b8794"

INK = "#22303c"
MUTED = "#5c6b78"
GRID = "#d9e0e6"
PAPER = "#ffffff"
SHARE = "#2f5f8f"
INK_ON_SHARE = "#fdfdfd"

ModelStyle = tuple[str, str, "str | tuple[int, tuple[int, ...]]"]


def model_style(row: int) -> ModelStyle:
    """Return colour, marker and dash pattern of the model in place `row`."""
    return _MODELS[row % len(_MODELS)]
