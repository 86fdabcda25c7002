from __future__ import annotations

import numpy as np
import pytest

from lusscore.cohort.phantom.grid import BeamGrid
from lusscore.cohort.phantom.mark import synthetic_mark
from lusscore.cohort.phantom.scan_conversion import make_scan_converter

SIZE = 256


def drawn(grid: BeamGrid, image: np.ndarray) -> np.ndarray:
    converter = make_scan_converter(grid, SIZE)
    frame = np.full((SIZE, SIZE), np.nan, dtype=np.float32)
    frame[converter.sector] = converter.convert(image.astype(np.float32))
    return frame


def test_an_even_image_stays_even(grid: BeamGrid) -> None:
    frame = drawn(grid, np.full((grid.rows, grid.beams), 3.0))
    assert np.nanmin(frame) == pytest.approx(3)
    assert np.nanmax(frame) == pytest.approx(3)


def test_depth_runs_down_the_middle(grid: BeamGrid) -> None:
    converter = make_scan_converter(grid, SIZE)
    depths = np.repeat(grid.depths()[:, None], grid.beams, axis=1)
    column = drawn(grid, depths)[:, SIZE // 2]
    shown = column[np.isfinite(column)]
    assert np.diff(shown) == pytest.approx(converter.pixel, rel=0.02)
    assert shown[0] < 0.03 * grid.depth
    assert shown[-1] > 0.98 * grid.depth


def test_beams_keep_their_angle_or_their_distance(grid: BeamGrid) -> None:
    converter = make_scan_converter(grid, SIZE)
    laterals = np.repeat(grid.laterals()[None, :], grid.rows, axis=0)
    frame = drawn(grid, laterals)
    rows, columns = np.nonzero(converter.sector)
    across = (columns + 0.5 - SIZE / 2) * converter.pixel
    if grid.probe.convex:
        depths = np.repeat(grid.depths()[:, None], grid.beams, axis=1)
        radius = grid.probe.radius + drawn(grid, depths)[rows, columns]
        expected = np.arcsin(across / radius)
    else:
        expected = across
    assert np.abs(frame[rows, columns] - expected).max() < 0.05 * grid.beam_step


def test_the_sector_is_a_fan_or_a_rectangle_inside_a_black_border(grid: BeamGrid) -> None:
    sector = make_scan_converter(grid, SIZE).sector
    widths = sector.sum(axis=1)
    if grid.probe.convex:
        assert widths[60] < 0.9 * widths.max()
    else:
        assert set(widths) == {0, widths.max()}
    assert np.array_equal(sector, sector[:, ::-1])
    assert not sector[:, :2].any()
    assert not sector[-15:].any()


def test_the_mark_lies_outside_the_sector(grid: BeamGrid) -> None:
    for size in (96, 128, 256, 320, 512):
        rows, columns, _ = synthetic_mark(size)
        assert not make_scan_converter(grid, size).sector[rows, columns].any()
