from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from exam_maker import make_prediction
from lusscore.report.timeline import (
    MOST_COLUMNS,
    describe_timeline,
    draw_timeline,
    has_times,
    ticks,
)

AREA = r'<path class="f{}" d="((?:M[\d.]+ [\d.]+V[\d.]+H[\d.]+V[\d.]+z)+)"/>'


@pytest.fixture
def prediction():
    return make_prediction(np.random.default_rng(5), 2, frames=30)


def _heights(svg, score):
    area = re.search(AREA.format(score), svg)[1]
    boxes = re.findall(r"M[\d.]+ ([\d.]+)V([\d.]+)H", area)
    return np.array([float(low) - float(high) for low, high in boxes])


def test_areas_are_as_high_as_the_probabilities_and_fill_the_plot(prediction):
    svg = draw_timeline(prediction)
    heights = np.stack([_heights(svg, score) for score in range(4)], axis=-1)
    assert np.allclose(heights.sum(axis=1), heights.sum(axis=1)[0], atol=0.25)
    shares = heights / heights.sum(axis=1, keepdims=True)
    assert np.allclose(shares, prediction.frame_probabilities, atol=0.005)


def test_every_frame_says_its_numbers_when_pointed_at(prediction):
    hints = re.findall(r"<title>(.*?)</title>", draw_timeline(prediction))
    assert len(hints) == 30
    shares = ", ".join(
        f"{score}: {100 * share:.0f} %"
        for score, share in enumerate(prediction.frame_probabilities[7])
    )
    assert hints[7] == f"frame 21, 0.84 s: score {prediction.frame_scores[7]} ({shares})"


def test_the_key_frame_is_marked_where_it_is(prediction):
    svg = draw_timeline(replace(prediction, key_frame=12))
    key = float(re.search(r'class="key" d="M([\d.]+) ', svg)[1])
    boxes = re.findall(r'class="hint" x="([\d.]+)" y="\d+" width="([\d.]+)"', svg)
    start, width = map(float, boxes[12])
    assert start < key < start + width


def test_what_is_drawn_is_told_in_words_too(prediction):
    scores = np.array([1] * 20 + [3] * 9 + [0])
    words = describe_timeline(replace(prediction, frame_scores=scores, key_frame=10))
    assert words == (
        "Scores of 30 frames: score 0 in 1 frame, score 1 in 20 frames and score 3 in 9 frames. "
        "The key frame is frame 30, at 1.2 s."
    )
    assert 'role="img" aria-label="Scores of 30 frames' in draw_timeline(prediction)


@pytest.mark.parametrize("times", [np.full(30, np.nan), np.zeros(30), np.r_[np.arange(29.0), 5.0]])
def test_without_rising_times_frames_are_laid_out_by_number(prediction, times):
    timeless = replace(prediction, times=times)
    assert not has_times(timeless)
    svg = draw_timeline(timeless)
    assert "frame number" in svg
    assert "seconds" not in svg
    assert " s:" not in svg
    assert " at " not in describe_timeline(timeless)


def test_unevenly_spaced_frames_have_columns_of_different_width(prediction):
    times = np.cumsum(np.r_[0.0, np.full(14, 0.1), np.full(15, 0.5)])
    svg = draw_timeline(replace(prediction, times=times))
    widths = [
        float(w) for w in re.findall(r'class="hint" x="[\d.]+" y="\d+" width="([\d.]+)"', svg)
    ]
    assert widths[20] == pytest.approx(5 * widths[5], rel=0.05)
    assert all(width > 0 for width in widths)


def test_a_single_frame_is_drawn():
    svg = draw_timeline(make_prediction(np.random.default_rng(0), 1, frames=1))
    assert svg.count("<title>") == 1
    assert "nan" not in svg


def test_of_very_many_frames_neighbours_are_averaged():
    long = make_prediction(np.random.default_rng(0), 1, frames=5 * MOST_COLUMNS)
    svg = draw_timeline(long)
    assert svg.count("<title>") == MOST_COLUMNS
    assert "frames 0–12, 0.00 s" in svg
    means = long.frame_probabilities.reshape(MOST_COLUMNS, 5, 4).mean(axis=1)
    heights = np.stack([_heights(svg, score) for score in range(4)], axis=-1)
    assert np.allclose(heights / heights.sum(axis=1, keepdims=True), means, atol=0.005)
    assert len(svg) < 80_000


@pytest.mark.parametrize(
    ("low", "high", "whole", "expected"),
    [
        (-0.06, 1.02, False, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (0, 90, True, [0, 10, 20, 30, 40, 50, 60, 70, 80, 90]),
        (-0.5, 0.5, True, [0]),
        (12.5, 17.5, True, [13, 14, 15, 16, 17]),
    ],
)
def test_ticks_are_round_numbers(low, high, whole, expected):
    assert ticks(low, high, whole) == pytest.approx(expected)
