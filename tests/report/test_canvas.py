from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.report.canvas import (
    INK,
    MODEL_COLOURS,
    PANELS_PER_ROW,
    SCORE_COLOURS,
    SCORE_INK,
    fold_name,
    legend_shape,
    model_panels,
    model_style,
    new_figure,
    quiet_axes,
    save_figure,
)


def _draw():
    figure, (axes,) = new_figure(4, 3, 1, 1)
    axes.plot([0, 1], [0, 1], color=MODEL_COLOURS[0])
    axes.set_title("a < b & $c$")
    quiet_axes(axes)
    return figure


def test_the_same_figure_gives_the_same_bytes_in_both_forms(tmp_path):
    for name in ("a", "b"):
        save_figure(tmp_path / name, "line", _draw)
    for kind in ("png", "svg"):
        one, other = (tmp_path / name / f"line.{kind}" for name in ("a", "b"))
        assert one.read_bytes() == other.read_bytes()
    assert "date>" not in (tmp_path / "a" / "line.svg").read_text(encoding="utf-8").lower()


def test_two_figures_of_one_page_share_no_identifier(tmp_path):
    def identifiers(name):
        root = ET.fromstring(save_figure(tmp_path, name, _draw).replace("xlink:", ""))
        return {element.get("id") for element in root.iter()} - {None}

    assert not identifiers("one") & identifiers("two")


def test_an_inlined_figure_follows_the_page(tmp_path):
    svg = save_figure(tmp_path, "line", _draw)
    assert svg.startswith('<svg viewBox="')
    assert 'aria-hidden="true"' in svg[:200]
    assert INK not in svg
    assert "var(--ink)" in svg
    assert f"var(--m0, {MODEL_COLOURS[0]})" in svg
    assert "<metadata>" not in svg
    # text is escaped and never read as mathematics
    assert "a &lt; b &amp; $c$" in svg


@pytest.mark.parametrize(("count", "rows"), [(1, 1), (PANELS_PER_ROW, 1), (PANELS_PER_ROW + 1, 2)])
def test_every_model_has_a_titled_panel_and_what_is_left_over_is_hidden(count, rows):
    labels = {f"m{number}": f"Model {number}" for number in range(count)}
    figure, panels = model_panels(list(labels), labels, 2, 3, sharex=True)
    assert [axes.get_title() for axes in panels] == list(labels.values())
    assert [axes for axes in figure.axes if axes.get_visible()] == panels
    assert tuple(figure.get_size_inches()) == (2 * min(count, PANELS_PER_ROW), 3 * rows)


def test_a_long_name_is_broken_where_it_has_a_mark():
    assert fold_name("EfficientNet-Lite0", 20) == "EfficientNet-Lite0"
    assert fold_name("efficientnet_lite0+vgg16 · softmax", 20) == (
        "efficientnet_lite0+\nvgg16 · softmax"
    )
    assert fold_name("x" * 30, 20) == "x" * 30


@given(st.text("ab_-+/ ", max_size=60), st.integers(4, 20))
def test_breaking_a_name_loses_no_letter(name, letters):
    broken = fold_name(name, letters)
    assert broken.replace("\n", "").replace(" ", "") == name.replace(" ", "")


@pytest.mark.parametrize("length", [5, 30, 60])
@pytest.mark.parametrize("count", [1, 7])
def test_a_legend_of_so_many_columns_fits_the_figure(tmp_path, count, length):
    names = [f"{'a' * length}{number}" for number in range(count)]
    columns, more = legend_shape(names, 10.4)
    boxes = []

    def draw():
        figure, (axes,) = new_figure(10.4, 3.5 + more, 1, 1)
        for name in names:
            axes.plot([0, 1], [0, 1], label=name)
        legend = figure.legend(loc="outside upper left", ncols=columns)
        figure.draw_without_rendering()
        boxes.extend(
            each.get_window_extent().transformed(figure.dpi_scale_trans.inverted())
            for each in (legend, axes)
        )
        return figure

    save_figure(tmp_path, "legend", draw)
    assert boxes[0].x1 <= 10.4
    assert boxes[1].height > 2.8
    assert columns == count or more > 0


# Viénot et al. 1999, full deuteranopia and protanopia, in linear RGB
_DEUTERANOPIA = np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]])


_PROTANOPIA = np.array([[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]])


def _linear(colour):
    channels = np.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def _luminance(linear):
    return float(linear @ [0.2126, 0.7152, 0.0722])


def _contrast(one, other):
    dark, light = sorted((one, other))
    return (light + 0.05) / (dark + 0.05)


def test_scores_grow_darker_for_every_eye():
    for sight in (np.eye(3), _DEUTERANOPIA, _PROTANOPIA):
        seen = [_luminance(sight @ _linear(colour)) for colour in SCORE_COLOURS]
        assert all(_contrast(a, b) >= 1.2 for a, b in pairwise(seen)), seen
        assert seen == sorted(seen, reverse=True)


def test_a_score_can_be_read_on_its_colour():
    for colour, ink in zip(SCORE_COLOURS, SCORE_INK, strict=True):
        assert _contrast(_luminance(_linear(colour)), _luminance(_linear(ink))) >= 4.5


def test_models_differ_by_more_than_colour():
    styles = [model_style(row) for row in range(len(MODEL_COLOURS))]
    for one, other in combinations(styles, 2):
        assert all(a != b for a, b in zip(one, other, strict=True))
