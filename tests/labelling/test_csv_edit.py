import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.labelling.csv_edit import CsvEdit

CELL = st.text(
    st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=6
).map(lambda text: text.replace("\r", "\n"))


def test_a_row_that_is_not_changed_keeps_its_bytes() -> None:
    text = (
        '\ufeffclip, score ,note\r\n"a.mp4",1,"two\nlines"\r\n\r\nb.mp4 , 2,\'x\'\n"c,d.mp4",,""\n'
    )
    edit = CsvEdit(text)
    assert edit.encode() == text.encode()
    number, cells = edit.rows()[1]
    assert cells == {"clip": "b.mp4", "score": "2", "note": "'x'"}
    edit.change(number, {"score": "3"})
    assert edit.encode().decode() == text.replace("b.mp4 , 2,", "b.mp4 ,3,")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_a_row_is_added_with_the_line_end_of_the_file(end: str, last: bool) -> None:
    text = f"clip,score{end}a.mp4,1" + (end if last else "")
    edit = CsvEdit(text)
    edit.add({"score": "2", "clip": "b,c.mp4"})
    assert edit.encode().decode() == f'clip,score{end}a.mp4,1{end}"b,c.mp4",2{end}'


def test_a_column_that_is_missing_is_added_behind_the_others_if_it_says_something() -> None:
    edit = CsvEdit('clip,score\n"a.mp4",1\n\nb.mp4,\n')
    edit.change(edit.rows()[1][0], {"score": "2", "rater": "", "device": ""})
    assert edit.columns == ["clip", "score"]
    edit.change(edit.rows()[1][0], {"rater": "anna"})
    assert edit.encode().decode() == 'clip,score,rater\n"a.mp4",1,\n\nb.mp4,2,anna\n'


def test_a_row_is_taken_out() -> None:
    edit = CsvEdit("clip,score\na,1\nb,2")
    edit.remove(edit.rows()[1][0])
    edit.add({"clip": "c", "score": "3"})
    assert edit.encode().decode() == "clip,score\na,1\nc,3\n"


@given(
    st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=5),
    st.integers(0, 4),
    CELL.filter(lambda text: text == text.strip()),
    st.sampled_from(["\n", "\r\n"]),
)
def test_one_cell_is_changed_whatever_the_others_hold(
    rows: list[tuple[str, str, str]], which: int, value: str, end: str
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=end)
    writer.writerow(("a", "b", "c"))
    writer.writerows(rows)
    edit = CsvEdit(text.getvalue())
    assert edit.encode().decode() == text.getvalue()
    kept = edit.rows()
    if not kept:
        return
    number, _ = kept[which % len(kept)]
    edit.change(number, {"b": value})
    again = list(csv.reader(io.StringIO(edit.encode().decode(), newline="")))
    before = list(csv.reader(io.StringIO(text.getvalue(), newline="")))
    before[number][1] = value
    assert again == before
