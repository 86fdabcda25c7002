from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest

from lusscore.cohort.protocols import get_protocol
from lusscore.errors import ExamError
from lusscore.scoring.zone_table import clips_named, read_zone_table

BLUE = get_protocol("blue-6")


CLIPS = [
    Path("exam/day 1/IM_0001"),
    Path("exam/day 1/a.mp4"),
    Path("exam/day 2/a.mp4"),
    Path("exam/day 2/b.MP4"),
    Path("exam/day 2/frames"),
]


def read(path: Path, text: str, encoding: str = "utf-8") -> dict[Path, str]:
    path.write_text(text, encoding=encoding)
    return read_zone_table(path, CLIPS, BLUE)[0]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "zones.csv"


def test_rows_tell_zones_in_all_spellings(table: Path) -> None:
    text = "clip,zone\nIM_0001,r1\nday 2/a.mp4,left lower BLUE point\nframes,\n"
    assert read(table, text) == {CLIPS[0]: "R1", CLIPS[2]: "L2"}


@pytest.mark.parametrize(
    "text",
    [
        "File name;Lung zone;remark\nday 1\\A.mp4;L3;x\n",
        "zone\tpath\tpatient\nL3\texam/day 1/a\t7\n",
        "\ufeffvideo,location,score\nDay 1/a.mp4,L3,2\n",
    ],
)
def test_columns_that_usually_mean_clip_and_zone_are_known(table: Path, text: str) -> None:
    assert read(table, text) == {CLIPS[1]: "L3"}


def test_letters_may_be_composed_otherwise_in_the_table(table: Path) -> None:
    clip = Path("exam") / unicodedata.normalize("NFD", "Müller.mp4")
    table.write_text("clip,zone\nMÜLLER,R1\n", encoding="utf-8")
    assert read_zone_table(table, [clip], BLUE)[0] == {clip: "R1"}


def test_windows_text_is_read_with_a_note_that_names_no_file(table: Path) -> None:
    table.write_bytes("clip,zone,remark\nb.mp4,R1,für später\n".encode("cp1252"))
    zones, notes = read_zone_table(table, CLIPS, BLUE)
    assert zones == {CLIPS[3]: "R1"}
    assert len(notes) == 1
    assert table.name not in notes[0]


def test_all_bad_rows_are_told_with_their_lines(table: Path) -> None:
    text = (
        "clip,zone\nb.mp4,R1\nc.mp4,R1\nb.mp4,R9\na.mp4,L1\n,L1\nb.mp4,L2\nb.mp4,R1\nb.mp4\n"
        "day 1/a.mp4,R-ant-sup\n"
    )
    with pytest.raises(ExamError) as caught:
        read(table, text)
    message = str(caught.value)
    assert re.findall(r"line (\d+)(?:, column (\w+))?:", message) == [
        *(("3", "clip"), ("4", "zone"), ("5", "clip"), ("6", "clip"), ("7", "zone"), ("9", "")),
        ("10", "zone"),
    ]
    assert "7 problems" in message
    assert "'c.mp4' is no clip of this exam" in message
    assert "may be any of 2 clips" in message
    assert "expected R1, R2, R3, L1, L2, L3" in message
    assert "line 2 gives the same clip R1" in message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("clip,zone\n", "no rows"),
        ("clip,score\nb.mp4,1\n", "'clip', 'score'; name them 'clip' and 'zone'"),
        ("name,zone\nb.mp4,R1\n", "'name', 'zone'; name them"),
        ("clip,region,location\nb.mp4,R1,R1\n", "name them 'clip' and 'zone'"),
        ("clip,zone,zone\nb.mp4,R1,R1\n", "name them 'clip' and 'zone'"),
    ],
)
def test_a_table_without_what_is_needed_is_refused(table: Path, text: str, said: str) -> None:
    with pytest.raises(ExamError, match=re.escape(said)):
        read(table, text)


def test_a_missing_table_is_told(table: Path) -> None:
    with pytest.raises(ExamError, match="no table can be read here"):
        read_zone_table(table, CLIPS, BLUE)


def test_clips_are_named_by_the_end_of_their_path() -> None:
    assert clips_named("a.mp4", CLIPS) == CLIPS[1:3]
    assert clips_named("DAY 2\\a", CLIPS) == [CLIPS[2]]
    assert clips_named("./day 2/b.mp4", CLIPS) == [CLIPS[3]]
    assert clips_named(str(CLIPS[4].absolute()), CLIPS) == [CLIPS[4]]
    assert clips_named("2/a.mp4", CLIPS) == []
    assert clips_named("..", CLIPS) == []
    assert clips_named("b.avi", CLIPS) == []


def test_a_whole_name_is_preferred_to_one_without_suffix() -> None:
    clips = [Path("exam/x.mp4"), Path("exam/x.mp4.mp4")]
    assert clips_named("x.mp4", clips) == clips[:1]
