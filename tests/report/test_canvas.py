import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lusscore.report.canvas import (
    PANELS_PER_ROW,
    fold_name,
    legend_shape,
    model_panels,
    new_figure,
    quiet_axes,
    save_figure,
)
from lusscore.report.palette import INK, MODEL_COLOURS


def _draw():
    figure, (axes,) = new_figure(4, 3, 1, 1)
    axes.plot([0, 1], [0, 1], color=MODEL_COLOURS[0])
    axes.set_title("a < b & $c$")
    quiet_axes(axes)
    return figure


def test_a_figure_is_saved_as_png_and_svg(tmp_path):
    save_figure(tmp_path / "figures", "line", _draw)
    with Image.open(tmp_path / "figures" / "line.png") as image:
        assert image.size == (640, 480)
    ET.parse(tmp_path / "figures" / "line.svg")


def test_the_same_figure_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        save_figure(tmp_path / name, "line", _draw)
    for kind in ("png", "svg"):
        one, other = (tmp_path / name / f"line.{kind}" for name in ("a", "b"))
        assert one.read_bytes() == other.read_bytes()


def test_no_date_is_saved(tmp_path):
    save_figure(tmp_path, "line", _draw)
    assert "date>" not in (tmp_path / "line.svg").read_text(encoding="utf-8").lower()


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


def test_text_is_escaped_and_never_read_as_mathematics(tmp_path):
    svg = save_figure(tmp_path, "line", _draw)
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
