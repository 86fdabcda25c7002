import xml.etree.ElementTree as ET

from PIL import Image

from lusscore.report.canvas import new_figure, quiet_axes, save_figure
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
