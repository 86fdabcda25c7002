from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field

from lusscore.errors import CohortError, LusscoreError, RunError
from lusscore.records import (
    Document,
    Record,
    WholeCell,
    known,
    matching,
    parse_json,
    quoted,
    read_csv,
    read_toml,
    to_json,
    validate,
)


def find_colour(name: str) -> str:
    if name != "red":
        raise CohortError(f"unknown colour {name!r}", advice="expected red")
    return name


class Part(Record):
    size: int = Field(3, ge=0, le=9)
    share: float = Field(0.5, gt=0, lt=1)
    flip: bool = True


class Whole(Document):
    SCHEMA = 2
    RENEW = "make it again"
    name: Annotated[str, matching("[a-z]+", "small letters")]
    kind: Literal["one", "two"] = "one"
    colour: Annotated[str, known(find_colour)] = "red"
    part: Part = Part()
    parts: tuple[Part, ...] = ()


TOML = """
schema = 2
name = "A"
kind = "three"
colour = "blue"
note = '''
flip = 7
'''

[part]
size = 10
share = true
flip = "no"

[[parts]]
size = 1.0
[[parts]]
sise = 1
"""


def test_all_that_is_wrong_with_a_file_is_told_with_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(TOML)
    with pytest.raises(RunError) as caught:
        read_toml(path, Whole, RunError, advice="correct it")
    assert caught.value.path == path
    assert {problem.where: problem.what for problem in caught.value.problems} == {
        "line 3, name": "'A' is not allowed; expected small letters",
        "line 4, kind": "'three' is not allowed; expected one of one, two",
        "line 5, colour": "Unknown colour 'blue'; expected red",
        "line 6, note": "is unknown; expected any of schema, name, kind, colour, part, parts",
        "line 11, part.size": "10 is not allowed; expected at most 9",
        "line 12, part.share": "true is not allowed; expected a number",
        "line 13, part.flip": "'no' is not allowed; expected true or false",
        "line 16, parts[0].size": "1.0 is not allowed; expected a whole number",
        "line 18, parts[1].sise": "is unknown; expected any of size, share, flip",
    }


def test_no_toml_is_told_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("schema = 2\nname = \n")
    with pytest.raises(RunError) as caught:
        read_toml(path, Whole, RunError)
    assert caught.value.where.startswith("line 2")
    path.write_bytes(b"\xff")
    with pytest.raises(RunError, match="UTF-8"):
        read_toml(path, Whole, RunError)
    with pytest.raises(FileNotFoundError):
        read_toml(tmp_path / "b.toml", Whole, RunError)
    with pytest.raises(RunError, match="cannot be read"):
        read_toml(tmp_path, Whole, RunError)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"schema": 3, "later": 1}', "a later lusscore (schema 3).*update lusscore"),
        ('{"schema": 1}', "an earlier lusscore (schema 1).*make it again"),
        ('{"schema": true, "name": "a"}', "schema: true is not allowed"),
        ('{"name": "a"}', "schema: is missing"),
        ('{"schema": 2, "name": "a", "name": "b"}', "a key stands twice"),
        ('{"schema": 2, "name": "a", "part": {"share": NaN}}', "no finite number"),
        ('{"schema": 2, "name": "a", "part": {"share": 1e999}}', "no finite number"),
        ('{"schema": 2, "name": "\\u001b[1m"}', "control character"),
        ('{"schema": 2, "name": "' + "b" * 1000 + '"}', "larger than"),
        ("[" * 30 + "]" * 30, "more than 20 levels"),
        ("[" * 900 + "]" * 900, "JSON"),
        ("[]", "the whole: .* expected a table"),
        ('{"schema": 2, "name": "a", "\\u0000": 1}', "control character"),
        ('{"schema": 2', "JSON"),
    ],
)
def test_what_is_no_json_or_no_record_is_refused(text: str, told: str) -> None:
    told = told.replace("(", r"\(").replace(")", r"\)")
    with pytest.raises(LusscoreError, match=f"(?s){told}"):
        parse_json(text.encode(), Whole, LusscoreError, most_bytes=1000)


def test_what_is_written_is_read_again() -> None:
    whole = Whole(schema_version=2, name="ab", parts=(Part(size=1), Part(flip=False)))
    assert b'"schema": 2' in to_json(whole)
    assert parse_json(to_json(whole), Whole, LusscoreError) == whole
    assert validate({"schema": 2, "name": "ab"}, Whole, LusscoreError).part == Part()


class Row(Record):
    clip: str
    zone: Literal["L1", "L2"] | None = None
    score: Annotated[WholeCell, Field(le=3)] | None = None


def rows_of(path: Path, text: str) -> tuple[list[tuple[int, Row]], list[str]]:
    path.write_text(text)
    rows, problems = read_csv(path, Row, CohortError, columns=("zone",))
    return rows, list(map(str, problems))


def test_rows_of_a_table_are_records_with_their_lines(tmp_path: Path) -> None:
    text = "\ufeffclip, zone ,score\na,L1, 2\n\n,,\nb,,\n,L3,4\nc\nd,,1.0\n"
    assert rows_of(tmp_path / "a.csv", text) == (
        [(2, Row(clip="a", zone="L1", score=2)), (5, Row(clip="b"))],
        [
            "line 6, column clip: is empty; every row must give it",
            "line 6, column zone: 'L3' is not allowed; expected one of L1, L2",
            "line 6, column score: '4' is not allowed; expected at most 3",
            "line 7: has 1 fields where the header has 3; check the commas and quotes",
            "line 8, column score: '1.0' is not allowed; expected a whole number",
        ],
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "it is empty"),
        ("zone,score\n", "lacks the column clip; expected clip,zone and optionally score"),
        ("clip,score\n", "lacks the column zone"),
        ("clip,zone,skore\n", "unknown column 'skore'"),
        ("clip,zone,zone\n", "a column twice"),
        ("clip,zone\n\0", "it is not text"),
        ('clip,zone\n"' + "a" * 200_000, "it is no table from here on"),
    ],
)
def test_a_table_that_is_none_is_refused(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(CohortError, match=told):
        rows_of(tmp_path / "a.csv", text)


def test_what_a_file_says_cannot_be_taken_for_the_message() -> None:
    assert quoted("a\x1b[31m'\n") == '"a\\x1b[31m\'\\n"'
    assert len(quoted("x" * 10_000)) < 100
