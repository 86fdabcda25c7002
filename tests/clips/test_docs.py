"""docs/clips.md tells what the code does."""

from pathlib import Path

import pytest

from lusscore.clips import reader, repeats
from lusscore.clips.open import READERS

PAGE = (Path(__file__).parents[2] / "docs" / "clips.md").read_text(encoding="utf-8")


def test_every_kind_and_suffix_is_listed() -> None:
    for kind in READERS:
        (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| {kind.kind} |")]
        assert [suffix for suffix in kind.suffixes if f"`{suffix}`" not in row] == []


@pytest.mark.parametrize(
    "limit",
    [reader.LARGEST_FRAME, reader.MOST_FRAMES, reader.MOST_INFLATED, reader.MOST_ELEMENTS],
)
def test_every_limit_is_the_one_that_holds(limit: int) -> None:
    assert f"| {limit:,}" in PAGE


def test_how_repeats_are_told_is_as_written() -> None:
    assert f"over {repeats._CELLS} cells" in PAGE
    assert f"under {repeats._SAME} of 255" in PAGE


def test_every_message_listed_stands_in_the_code() -> None:
    package = Path(reader.__file__).parent
    code = " ".join(path.read_text(encoding="utf-8") for path in package.rglob("*.py"))
    for words in (
        "is truncated: it declares",
        "cannot be decoded as a video",
        "holds floating-point values",
        "has several pages, but in a folder each file is one frame",
        "is DICOM without a picture",
        "for which a decoder is missing",
    ):
        assert words in PAGE, words
        assert words in code, words
