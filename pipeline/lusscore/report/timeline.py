"""Scores of a clip's frames over time, as an SVG that takes its colours from the page."""

from __future__ import annotations

import math
from collections.abc import Iterator

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


def draw_timeline(clip: ClipPrediction) -> Markup:
    """Draw the probabilities of the four scores on top of each other, frame after frame.

    Over seconds where the clip has times, else over frame numbers. Above them a strip has the
    score of each frame. Of more than `MOST_COLUMNS` frames neighbours are averaged. Every column
    shows its numbers when pointed at.
    """
    timed = has_times(clip)
    places = clip.times if timed else clip.frames.astype(np.float64)
    groups = np.array_split(np.arange(len(places)), min(len(places), MOST_COLUMNS))
    edges = _edges(places)[[group[0] for group in groups] + [len(places)]]
    scale = (_RIGHT - _LEFT) / (edges[-1] - edges[0])
    x = _LEFT + (edges - edges[0]) * scale
    key = _LEFT + (places[clip.key_frame] - edges[0]) * scale
    means = np.stack([clip.frame_probabilities[group].mean(axis=0) for group in groups])
    scores = [int(np.bincount(clip.frame_scores[group]).argmax()) for group in groups]
    right = key > (_LEFT + _RIGHT) / 2
    label, anchor = (key - 9, "end") if right else (key + 9, "start")
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{describe_timeline(clip)}">',
        *_areas(x, means),
        *_strip(x, scores),
        *_axes(edges, scale, timed),
        *(
            f'<path class="{line}" d="M{key:.1f} {_STRIP_TOP - 4}V{_BOTTOM}"/>'
            for line in ("key-halo", "key")
        ),
        f'<path class="tip" d="M{key:.1f} {_STRIP_TOP - 2}l-5 -8h10z"/>',
        f'<text class="key-label" x="{label:.1f}" y="{_STRIP_TOP - 6}" '
        f'text-anchor="{anchor}">key frame</text>',
        *_hints(x, clip, groups, means, scores),
        "</svg>",
    ]
    return Markup("".join(parts))


def describe_timeline(clip: ClipPrediction) -> str:
    """Say in a sentence what the timeline shows."""
    counts = np.bincount(clip.frame_scores, minlength=len(SCORES)).tolist()
    found = [
        f"score {score} in {plural(count, 'frame')}"
        for score, count in zip(SCORES, counts, strict=True)
        if count
    ]
    where = f"The key frame is frame {clip.frames[clip.key_frame]}"
    if has_times(clip):
        where += f", at {clip.times[clip.key_frame]:.1f} s"
    return f"Scores of {plural(len(clip.frames), 'frame')}: {listed(found)}. {where}."


def has_times(clip: ClipPrediction) -> bool:
    """Tell whether frames can be laid out in time: there are several, each after the other."""
    times = clip.times
    return len(times) > 1 and bool(np.isfinite(times).all() and (np.diff(times) > 0).all())


def _edges(places: _Float) -> _Float:
    """Return where each frame's column begins, and where the last one ends."""
    if len(places) == 1:
        return np.array([places[0] - 0.5, places[0] + 0.5])
    between = (places[1:] + places[:-1]) / 2
    first, last = 2 * places[0] - between[0], 2 * places[-1] - between[-1]
    return np.concatenate([[first], between, [last]])


def _areas(x: _Float, means: _Float) -> Iterator[str]:
    """Draw one path per score: a box per column, score 0 lowest."""
    tops = _BOTTOM - np.cumsum(np.insert(means, 0, 0, axis=1), axis=1) * (_BOTTOM - _TOP)
    for score in SCORES:
        boxes = "".join(
            f"M{x[at]:.1f} {row[score]:.1f}V{row[score + 1]:.1f}H{x[at + 1]:.1f}V{row[score]:.1f}z"
            for at, row in enumerate(tops)
        )
        yield f'<path class="f{score}" d="{boxes}"/>'


def _strip(x: _Float, scores: list[int]) -> Iterator[str]:
    for score in sorted(set(scores)):
        boxes = "".join(
            f"M{x[at]:.1f} {_STRIP_TOP}v{_STRIP}H{x[at + 1]:.1f}v-{_STRIP}z"
            for at, other in enumerate(scores)
            if other == score
        )
        yield f'<path class="f{score}" d="{boxes}"/>'


def _axes(edges: _Float, scale: float, timed: bool) -> Iterator[str]:
    yield (
        f'<path class="frame" d="M{_LEFT} {_TOP}H{_RIGHT}V{_BOTTOM}H{_LEFT}z'
        f'M{_LEFT} {_STRIP_TOP}h{_RIGHT - _LEFT}v{_STRIP}H{_LEFT}z"/>'
        f'<text x="{_LEFT - 6}" y="{_STRIP_TOP + 9}" text-anchor="end">score</text>'
    )
    for share in (0, 0.5, 1):
        y = _BOTTOM - share * (_BOTTOM - _TOP)
        words = f"{100 * share:.0f} %"
        yield f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{words}</text>'
    for value in ticks(float(edges[0]), float(edges[-1]), whole=not timed):
        at = _LEFT + (value - edges[0]) * scale
        yield (
            f'<path class="frame" d="M{at:.1f} {_BOTTOM}v5"/>'
            f'<text x="{at:.1f}" y="{_BOTTOM + 18}" text-anchor="middle">{value:g}</text>'
        )
    unit = "seconds" if timed else "frame number"
    yield f'<text x="{_RIGHT}" y="{HEIGHT - 1}" text-anchor="end">{unit}</text>'


def ticks(low: float, high: float, whole: bool) -> list[float]:
    """Return round numbers from `low` to `high`, at most nine, whole ones if so asked."""
    step = 10.0 ** math.floor(math.log10((high - low) / _TICKS))
    step *= next(factor for factor in (1, 2, 5, 10) if (high - low) / (step * factor) <= _TICKS)
    step = max(step, 1.0) if whole else step
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(number * step, 9) for number in range(first, last + 1)]


def _hints(
    x: _Float,
    clip: ClipPrediction,
    groups: list[NDArray[np.int64]],
    means: _Float,
    scores: list[int],
) -> Iterator[str]:
    timed = has_times(clip)
    for at, group in enumerate(groups):
        first, last = clip.frames[group[0]], clip.frames[group[-1]]
        name = f"frame {first}" if first == last else f"frames {first}–{last}"
        if timed:
            name += f", {clip.times[group[0]]:.2f} s"
        shares = ", ".join(f"{score}: {100 * means[at, score]:.0f} %" for score in SCORES)
        yield (
            f'<rect class="hint" x="{x[at]:.1f}" y="{_STRIP_TOP}" width="{x[at + 1] - x[at]:.1f}" '
            f'height="{_BOTTOM - _STRIP_TOP}"><title>{name}: score {scores[at]} ({shares})</title>'
            "</rect>"
        )
