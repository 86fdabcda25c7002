"""Scores of a clip's frames over time, as an SVG that takes its colours from the page."""

from __future__ import annotations

import math

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from lusscore.evaluation import SCORES
from lusscore.scoring import ClipPrediction
from lusscore.wording import listed, plural

MOST_COLUMNS = 240
WIDTH, HEIGHT = 960, 154
_LEFT, _RIGHT, _STRIP_TOP, _STRIP, _TOP, _BOTTOM = 54, 950, 18, 10, 38, 124
_TICKS = 9

_Float = NDArray[np.float64]


def draw_timeline(reading: ClipPrediction) -> Markup:
    """Draw the probabilities of the four scores on top of each other, frame after frame.

    Over seconds where the clip has times, else over frame numbers. Above them a strip has the
    score of each frame. Of more than `MOST_COLUMNS` frames neighbours are averaged. Every column
    says its numbers when pointed at.
    """
    places, unit = _places(reading)
    groups = np.array_split(np.arange(len(places)), min(len(places), MOST_COLUMNS))
    bounds = _edges(places)
    edges = bounds[[group[0] for group in groups] + [len(places)]]
    scale = (_RIGHT - _LEFT) / (edges[-1] - edges[0])
    x = _LEFT + (edges - edges[0]) * scale
    key = _LEFT + (places[reading.key_frame] - edges[0]) * scale
    means = np.stack([reading.frame_probabilities[group].mean(axis=0) for group in groups])
    scores = [_commonest(reading.frame_scores[group]) for group in groups]
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{told(reading)}">',
        *_areas(x, means),
        *_strip(x, scores),
        *_axes(edges, unit, scale),
        *(
            f'<path class="{line}" d="M{key:.1f} {_STRIP_TOP - 4}V{_BOTTOM}"/>'
            for line in ("key-halo", "key")
        ),
        f'<path class="tip" d="M{key:.1f} {_STRIP_TOP - 2}l-5 -8h10z"/>',
        f'<text class="key-label" x="{_beside(key)[0]:.1f}" y="{_STRIP_TOP - 6}" '
        f'text-anchor="{_beside(key)[1]}">key frame</text>',
        *_hints(x, reading, groups, means, scores),
        "</svg>",
    ]
    return Markup("".join(parts))


def told(reading: ClipPrediction) -> str:
    """Say in a sentence what the timeline shows."""
    counts = [int((reading.frame_scores == score).sum()) for score in SCORES]
    found = [
        f"score {score} in {plural(count, 'frame')}"
        for score, count in zip(SCORES, counts, strict=True)
        if count
    ]
    where = f"The key frame is frame {reading.frames[reading.key_frame]}"
    if has_times(reading):
        where += f", at {reading.times[reading.key_frame]:.1f} s"
    return f"Scores of {plural(len(reading.frames), 'frame')}: {listed(found)}. {where}."


def has_times(reading: ClipPrediction) -> bool:
    """Tell whether frames can be laid out in time: there are several, each after the other."""
    times = reading.times
    return len(times) > 1 and bool(np.isfinite(times).all() and (np.diff(times) > 0).all())


def _places(reading: ClipPrediction) -> tuple[_Float, str]:
    if has_times(reading):
        return reading.times, "seconds"
    return reading.frames.astype(np.float64), "frame number"


def _edges(places: _Float) -> _Float:
    """Return where each frame's column begins, and where the last one ends."""
    if len(places) == 1:
        return np.array([places[0] - 0.5, places[0] + 0.5])
    between = (places[1:] + places[:-1]) / 2
    first, last = 2 * places[0] - between[0], 2 * places[-1] - between[-1]
    return np.concatenate([[first], between, [last]])


def _commonest(scores: NDArray[np.int64]) -> int:
    return int(np.argmax(np.bincount(scores, minlength=len(SCORES))))


def _areas(x: _Float, means: _Float) -> list[str]:
    """Draw one path per score: a box per column, score 0 lowest."""
    tops = _BOTTOM - np.cumsum(np.insert(means, 0, 0, axis=1), axis=1) * (_BOTTOM - _TOP)
    paths = []
    for score in SCORES:
        boxes = "".join(
            f"M{x[at]:.1f} {row[score]:.1f}V{row[score + 1]:.1f}H{x[at + 1]:.1f}V{row[score]:.1f}z"
            for at, row in enumerate(tops)
        )
        paths.append(f'<path class="f{score}" d="{boxes}"/>')
    return paths


def _strip(x: _Float, scores: list[int]) -> list[str]:
    boxes = ["" for _ in SCORES]
    for at, score in enumerate(scores):
        boxes[score] += f"M{x[at]:.1f} {_STRIP_TOP}v{_STRIP}H{x[at + 1]:.1f}v-{_STRIP}z"
    return [f'<path class="f{score}" d="{box}"/>' for score, box in enumerate(boxes) if box]


def _axes(edges: _Float, unit: str, scale: float) -> list[str]:
    parts = [
        f'<path class="frame" d="M{_LEFT} {_TOP}H{_RIGHT}V{_BOTTOM}H{_LEFT}z'
        f'M{_LEFT} {_STRIP_TOP}h{_RIGHT - _LEFT}v{_STRIP}H{_LEFT}z"/>',
        f'<text x="{_LEFT - 6}" y="{_STRIP_TOP + 9}" text-anchor="end">score</text>',
    ]
    for share, words in ((0, "0 %"), (0.5, "50 %"), (1, "100 %")):
        y = _BOTTOM - share * (_BOTTOM - _TOP)
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{words}</text>')
    for value in ticks(float(edges[0]), float(edges[-1]), unit == "frame number"):
        at = _LEFT + (value - edges[0]) * scale
        parts.append(f'<path class="frame" d="M{at:.1f} {_BOTTOM}v5"/>')
        parts.append(f'<text x="{at:.1f}" y="{_BOTTOM + 18}" text-anchor="middle">{value:g}</text>')
    parts.append(f'<text x="{_RIGHT}" y="{HEIGHT - 1}" text-anchor="end">{unit}</text>')
    return parts


def ticks(low: float, high: float, whole: bool) -> list[float]:
    """Return round numbers from `low` to `high`, at most nine, whole ones if so asked."""
    step = 10.0 ** math.floor(math.log10((high - low) / _TICKS))
    step *= next(factor for factor in (1, 2, 5, 10) if (high - low) / (step * factor) <= _TICKS)
    step = max(step, 1.0) if whole else step
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(number * step, 9) for number in range(first, last + 1)]


def _beside(key: float) -> tuple[float, str]:
    """Return where the key frame's label stands, and which of its ends is there."""
    return (key - 9, "end") if key > (_LEFT + _RIGHT) / 2 else (key + 9, "start")


def _hints(
    x: _Float,
    reading: ClipPrediction,
    groups: list[NDArray[np.int64]],
    means: _Float,
    scores: list[int],
) -> list[str]:
    hints = []
    for at, group in enumerate(groups):
        first, last = reading.frames[group[0]], reading.frames[group[-1]]
        name = f"frame {first}" if first == last else f"frames {first}–{last}"
        if has_times(reading):
            name += f", {reading.times[group[0]]:.2f} s"
        shares = ", ".join(f"{score}: {100 * means[at, score]:.0f} %" for score in SCORES)
        hints.append(
            f'<rect class="hint" x="{x[at]:.1f}" y="{_STRIP_TOP}" width="{x[at + 1] - x[at]:.1f}" '
            f'height="{_BOTTOM - _STRIP_TOP}"><title>{name}: score {scores[at]} ({shares})</title>'
            "</rect>"
        )
    return hints
