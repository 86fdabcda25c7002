from bench import BenchRow, get_suites, suite_names
from bench.table import lay_out


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
