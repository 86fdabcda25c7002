from pathlib import Path

import pytest

from lusscore.web.hidden_places import without_places


def test_folders_go_and_what_lies_in_them_stays(tmp_path: Path) -> None:
    sentence = f"{tmp_path / 'ward' / 'manifest.csv'} has 2 problems; see {tmp_path}/ward."
    assert without_places(sentence, tmp_path) == "ward/manifest.csv has 2 problems; see ward."


@pytest.mark.parametrize(
    "sentence",
    ["Nothing is at /mnt/jane/data/x.h5.", r"Nothing is at C:\Users\jane\x.h5.", "See ~/jane/x."],
)
def test_other_places_go_too(sentence: str) -> None:
    assert "jane" not in without_places(sentence)


def test_other_words_stay() -> None:
    said = "Run 'lusscore check data/x', or 1/2 of it."
    assert without_places(said, Path("features")) == said
    assert without_places("metadata/x stays", Path("data")) == "metadata/x stays"
