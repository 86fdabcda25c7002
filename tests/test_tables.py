from datetime import datetime
from pathlib import Path

import openpyxl
import pytest

from lusscore.errors import CohortError
from lusscore.tables import read_table

ROWS = "clip{0}patient{0}note\na.mp4{0}Jürgen{0}x\nb.mp4{0}Zoë{0}\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_every_delimiter_and_encoding_of_a_spreadsheet_is_read(
    tmp_path: Path, delimiter: str, encoding: str, ending: str
) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(ROWS.format(delimiter).replace("\n", ending).encode(encoding))
    table = read_table(path)
    assert table.header == ("clip", "patient", "note")
    assert [row.cells for row in table.rows] == [("a.mp4", "Jürgen", "x"), ("b.mp4", "Zoë", "")]
    assert [row.line for row in table.rows] == [2, 3]
    assert table.problems == ()
    assert bool(table.notes) == (encoding == "cp1252")


def test_a_delimiter_inside_quotes_divides_nothing(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('"a;b;c",d\n"1;2","line\nbreak"\n')
    table = read_table(path)
    assert table.header == ("a;b;c", "d")
    assert [row.cells for row in table.rows] == [("1;2", "line\nbreak")]


def test_uneven_rows_are_named_and_blank_ones_are_not(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("\na,b\n1,2\n,,,\n\n1\n1,2,3\n1,2,,\n")
    table = read_table(path)
    assert [row.line for row in table.rows] == [3, 8]
    assert [problem.where for problem in table.problems] == ["line 6", "line 7"]
    assert "has 3 fields where the header has 2" in table.problems[1].what


@pytest.mark.parametrize("data", [b"\x00\x01\x02", b"a,b\n\x81\xff", b"PK\x03\x04\x00"])
def test_what_is_no_text_gets_a_sentence(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "t.csv").write_bytes(data)
    with pytest.raises(CohortError, match="is not text"):
        read_table(tmp_path / "t.csv")


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_gets_a_sentence(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "t.csv").write_bytes(data)
    with pytest.raises(CohortError, match="it is empty; begin it with a header line"):
        read_table(tmp_path / "t.csv")


def test_a_missing_table_and_an_endless_field_get_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match=r"gone.csv: no table can be read here"):
        read_table(tmp_path / "gone.csv")
    (tmp_path / "t.csv").write_text('a,b\n1,"' + "x" * 200_000)
    with pytest.raises(CohortError, match="it is no table from here on"):
        read_table(tmp_path / "t.csv")


@pytest.mark.parametrize("text", ["sep=;\r\na;b\r\n1;2,0\r\n", '"SEP=;"\na;b\n1;2,0\n'])
def test_a_line_that_names_the_separator_is_no_header(tmp_path: Path, text: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8-sig", newline="")
    table = read_table(path)
    assert (table.header, [row.cells for row in table.rows]) == (("a", "b"), [("1", "2,0")])
    assert table.rows[0].line == 3


def test_the_delimiter_is_that_of_the_rows_and_not_of_the_first_alone(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a, b and c;d\n1;2\n3;4\n")
    assert read_table(path).header == ("a, b and c", "d")


def test_the_first_sheet_of_a_workbook_is_read_as_text(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (
        ("Datei", "patient", "score", "date"),
        ("a.mp4", 7, 2.0, datetime(2026, 1, 31)),
        (None, None),
        ("b.mp4", "007", "Score 1", None),
        ("c.mp4", "x"),
    ):
        book.active.append(row)
    book.create_sheet("other").append(("no",))
    path = tmp_path / "labels.XLSX"
    book.save(path)
    table = read_table(path)
    assert table.header == ("Datei", "patient", "score", "date")
    assert [(row.line, row.cells) for row in table.rows] == [
        (2, ("a.mp4", "7", "2", "2026-01-31")),
        (4, ("b.mp4", "007", "Score 1", "")),
        (5, ("c.mp4", "x", "", "")),
    ]
    assert (table.problems, table.notes) == ((), ())


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 no workbook", b"a,b\n1,2\n"])
def test_what_is_no_workbook_gets_a_sentence(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "t.xlsx"
    path.write_bytes(data)
    with pytest.raises(CohortError, match=r"no workbook can be read here .* 'CSV UTF-8'"):
        read_table(path)
