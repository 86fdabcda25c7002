"""Colours and type of a report, and figures without pyplot: made, saved and inlined alike."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lusscore.files import write_text, written_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Sequential: lightness falls from 0 to 3, so the order also holds in grey and for the colour-blind.
SCORE_COLOURS = ("#cfe6f2", "#f0b840", "#d8662c", "#7d1535")
SCORE_INK = ("#12202b", "#12202b", "#12202b", "#ffffff")

# Cool or neutral, so that no model looks like a score; distinct by marker and dash as well.
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

FULL_WIDTH = 10.4
PANELS_PER_ROW = 4
MODELS_DRAWN = 6
_LEGEND_SIZE = 8.5
_LEGEND_LINE = 0.2
_LETTERS_PER_INCH = 9
_PNG_DPI = 160
_PIXELS_PER_POINT = 1.4
_THEMED = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    GRID: "var(--line)",
    PAPER: "var(--card)",
    BASELINE_COLOUR: f"var(--baseline, {BASELINE_COLOUR})",
} | {colour: f"var(--m{row}, {colour})" for row, colour in enumerate(MODEL_COLOURS)}


def model_style(row: int) -> tuple[str, str, str | tuple[int, tuple[int, ...]]]:
    """Return colour, marker and dash pattern of the model in place `row`."""
    return _MODELS[row % len(_MODELS)]


def save_figure(folder: Path, name: str, draw: Callable[[], Figure]) -> str:
    """Draw a figure, write it as ``<name>.png`` and ``<name>.svg``, return the SVG for inlining.

    The name also salts the identifiers inside the SVG, so that they are the same in every run and
    differ between figures of one page.
    """
    with figure_settings(name):
        figure = draw()
        with written_whole(folder / f"{name}.png", flushed=False) as file:
            figure.savefig(file, format="png", dpi=_PNG_DPI, metadata={"Software": None})
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    svg = text.getvalue()
    write_text(folder / f"{name}.svg", svg)
    return _inline_svg(svg)


def _inline_svg(svg: str) -> str:
    """Turn a stand-alone SVG into one for an HTML page.

    The XML preamble, metadata and fixed size go; colours become the page's own, so that the figure
    follows its light and dark appearance; identifiers of mere groups go, since they would occur
    once per figure. The drawing is hidden from screen readers: the page gives a text in its place.
    """
    svg = svg[svg.index("<svg") :].strip()
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    svg = re.sub(r"^<svg [^>]*>", _scalable, svg)
    for colour, variable in _THEMED.items():
        svg = svg.replace(colour, variable)
    return svg


def _scalable(head: re.Match[str]) -> str:
    """Write the opening tag anew: as wide as the page allows up to a readable width."""
    box = re.search(r'viewBox="([^"]*)"', head[0])
    assert box is not None  # matplotlib always writes one
    width = float(box[1].split()[2]) * _PIXELS_PER_POINT
    return f'<svg viewBox="{box[1]}" style="--width:{width:.0f}px" aria-hidden="true">'


def new_figure(
    width: float, height: float, rows: int, columns: int, **options: Any
) -> tuple[Figure, list[Axes]]:
    """Make a figure of `width` × `height` inches with axes in a grid, given in reading order."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, **options)
    return figure, list(grid.flat)


def model_panels(
    models: Sequence[str], labels: Mapping[str, str], width: float, height: float, **options: Any
) -> tuple[Figure, list[Axes]]:
    """Make a figure with a titled panel for each model, `PANELS_PER_ROW` beside each other.

    `width` and `height` are those of one panel, in inches; places that are left over are hidden.
    """
    rows, columns = -(-len(models) // PANELS_PER_ROW), min(len(models), PANELS_PER_ROW)
    figure, grid = new_figure(width * columns, height * rows, rows, columns, **options)
    panels, left_over = grid[: len(models)], grid[len(models) :]
    for axes, model in zip(panels, models, strict=True):
        axes.set_title(fold_name(labels[model], round(width * _LETTERS_PER_INCH)))
    for axes in left_over:
        axes.set_visible(False)
    return figure, panels


def fold_name(name: str, letters: int) -> str:
    """Break a name into lines of at most so many letters where it has a mark or a space."""
    parts = re.findall(r"[^-+/_ ]*[-+/_ ]+|[^-+/_ ]+", name)
    lines = [""]
    for part in parts:
        if lines[-1] and len((lines[-1] + part).rstrip()) > letters:
            lines.append("")
        lines[-1] += part
    return "\n".join(line.rstrip() for line in lines)


def legend_shape(names: Sequence[str], width: float) -> tuple[int, float]:
    """Return how many entries of a legend above the axes fit beside each other in `width` inches.

    And what its rows beyond the first add to the figure's height, in inches.
    """
    from matplotlib.textpath import TextPath

    # as wide as the widest name, the handle and what parts them; columns are parted by two ems
    widest = max(TextPath((0, 0), name, size=_LEGEND_SIZE).get_extents().width for name in names)
    column = (widest + 4.8 * _LEGEND_SIZE) / 72
    columns = max(1, min(len(names), int((width - 0.2) / column)))
    return columns, _LEGEND_LINE * (-(-len(names) // columns) - 1)


def quiet_axes(axes: Axes) -> None:
    """Leave only what helps reading: light grid, no box."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.set_axisbelow(True)


def unit_square(axes: Axes) -> None:
    """Let both axes run from 0 to 1."""
    axes.set_aspect("equal")
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.02)
    axes.set_xticks([0, 0.5, 1])
    axes.set_yticks([0, 0.5, 1])
    axes.grid()
    quiet_axes(axes)


@contextmanager
def figure_settings(salt: str) -> Iterator[None]:
    """Draw with the report's type settings; `salt` goes into the identifiers of an SVG."""
    import matplotlib

    settings: dict[str, Any] = {
        "svg.hashsalt": salt,
        "svg.fonttype": "none",
        "text.parse_math": False,
        "font.family": "DejaVu Sans",
        "font.size": 9,
        "axes.titlesize": 10,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.labelsize": 9,
        "axes.linewidth": 0.8,
        "xtick.labelsize": 8.5,
        "ytick.labelsize": 8.5,
        "legend.fontsize": _LEGEND_SIZE,
        "legend.frameon": True,
        "legend.facecolor": PAPER,
        "legend.edgecolor": "none",
        "legend.framealpha": 0.75,
        "grid.linewidth": 0.7,
        "path.simplify": True,
        "grid.color": GRID,
        "axes.edgecolor": MUTED,
        "figure.facecolor": PAPER,
        "axes.facecolor": "none",
    }
    inked = ("text.color", "axes.labelcolor", "xtick.color", "ytick.color", "axes.titlecolor")
    everything: Any = settings | dict.fromkeys(inked, INK)
    with matplotlib.rc_context(everything):
        yield
