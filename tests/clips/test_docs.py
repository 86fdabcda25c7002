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
        "is empty (0 bytes)",
        "cannot be recognised from its name",
        "cannot be decoded as a video",
        "is truncated: it declares",
        "holds no video stream",
        "holds a video stream that no decoder fits",
        "is not an image",
        "it is broken or cut short",
        "holds floating-point values",
        "has several pages, but in a folder each file is one frame",
        "holds no images",
        "is DICOM without a picture",
        "is not DICOM: its bytes 129 to 132 are not 'DICM'",
        "is DICOM without a whole number as",
        "is DICOM that cannot be read",
        "for which a decoder is missing",
        "is truncated within its compressed pixels",
        "cannot be decoded from frame",
        "holds floating-point pixels",
        "frames or more; at most",
    ):
        assert words in PAGE, words
        assert words in code, words
