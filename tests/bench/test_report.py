"""Rows, tables and suites."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench import BenchRow, BenchSettings, get_suites, register_suite, suite_names, write_rows
from bench.report import lay_out
from lusscore.errors import BenchError

PROMISED = {
    "name", "backbone", "images_per_s", "fraction_of_sgemm", "ratio_to_keras_predict", "seconds",
    "peak_memory_gb", "baseline", "baseline_seconds", "ratio", "sgemm_gflops", "detail",
}  # fmt: skip


def test_a_row_is_a_ratio_within_one_run() -> None:
    row = BenchRow(name="a", seconds=3.0, baseline="b", baseline_seconds=1.5)
    assert row.ratio == 2
    assert row.times_faster == pytest.approx(0.5)


def test_a_ratio_of_something_else_is_kept_and_none_is_made_up() -> None:
    assert BenchRow(name="a", seconds=3.0, ratio=1.1).ratio == 1.1
    row = BenchRow(name="a", seconds=3.0)
    assert row.ratio is None
    assert row.times_faster is None


def test_every_promised_field_is_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x" / "bench.json"
    write_rows(path, [BenchRow(name="a")])
    write_rows(path, [BenchRow(name="a"), BenchRow(name="b", numbers={"clip_ms": 2.0})])
    first, second = json.loads(path.read_text())
    assert set(first) >= PROMISED
    assert first["seconds"] is None
    assert second["numbers"] == {"clip_ms": 2.0}
    assert list(path.parent.iterdir()) == [path]


def test_columns_without_values_are_left_out_and_numbers_are_set_right() -> None:
    rows = [
        BenchRow(name="a", seconds=1.0, numbers={"clip_ms": 1234.5}, detail="x"),
        BenchRow(name="b", peak_memory_gb=0.5),
    ]
    columns = ("name", "images_per_s", "seconds", "peak_memory_gb", "clip_ms", "detail")
    headings, cells = lay_out(rows, columns)
    assert headings == ["what", ">seconds", ">peak memory", ">clip ms", "detail"]
    assert cells == [["a", "1.00", "", "1234", "x"], ["b", "", "0.50 GB", "", ""]]


def test_every_suite_shows_what_it_measured_and_how() -> None:
    for suite in get_suites(suite_names()):
        assert suite.columns[0] == "name"
        assert suite.columns[-1] == "detail"


ALL = ("start-up", "stage-one", "memory", "stage-two", "score", "precision", "scale-out", "paper")


def test_the_suites_are_those_and_the_first_five_run_by_themselves() -> None:
    assert suite_names() == ALL
    assert tuple(suite.name for suite in get_suites()) == ALL[:5]


def test_suites_are_found_by_name_once_each() -> None:
    found = get_suites(("paper", "start-up", "paper"))
    assert tuple(suite.name for suite in found) == ("paper", "start-up")


def test_an_unknown_suite_is_told_what_there_is() -> None:
    with pytest.raises(BenchError, match="did you mean paper\\? Expected one of start-up, "):
        get_suites(("papers",))


def test_a_name_is_registered_once() -> None:
    with pytest.raises(BenchError, match="registered twice"):
        register_suite("paper", "", ())(lambda settings: iter(()))


@pytest.mark.parametrize("name", ALL[1:])
def test_too_few_frames_are_refused_before_anything_is_measured(name: str) -> None:
    (suite,) = get_suites((name,))
    assert 1 < suite.least_frames <= suite.frames
    with pytest.raises(BenchError, match=f"{name} needs at least {suite.least_frames} frames"):
        suite.rows(BenchSettings(frames=1))
