import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.labelling.csv_table import CsvTable

CELL = st.text(
    st.characters(blacklist_categories=("Cs",), blacklist_characters="\0\ufeff"), max_size=6
).map(lambda text: text.replace("\r", "\n").strip())


def table_of(path: Path, text: str) -> CsvTable:
    path.write_bytes(text.encode())
    return CsvTable(path, ())


def test_a_file_that_says_the_same_is_not_written(tmp_path: Path) -> None:
    text = "\ufeffclip, score\r\n'x' ,\"a\"\r\n\r\n"
    table = table_of(tmp_path / "a.csv", text)
    assert table.rows == [{"clip": "'x'", "score": "a"}]
    table.write()
    assert (tmp_path / "a.csv").read_bytes().decode() == text
    CsvTable(tmp_path / "none.csv", ("clip",)).write()
    assert not (tmp_path / "none.csv").exists()


@given(st.lists(st.tuples(CELL, CELL), max_size=5), CELL)
def test_cells_come_back_whatever_they_hold(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], value: str
) -> None:
    path = tmp_path_factory.mktemp("cells") / "a.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("a", "b"), *rows])
    table = CsvTable(path, ())
    table.rows.append({"a": "new", "b": value})
    table.write()
    expected = [{"a": a, "b": b} for a, b in rows if a or b] + [{"a": "new", "b": value}]
    assert CsvTable(path, ()).rows == expected
