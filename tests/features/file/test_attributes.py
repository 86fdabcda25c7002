from pathlib import Path

import h5py
import numpy as np
import pytest

from lusscore.features.file.attributes import check_text_heap, read_attribute, read_attributes
from lusscore.features.file.layout import PlannedClip, create_layout

CLIPS = [PlannedClip("one.mp4", "a" * 64, np.arange(3))]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    attrs = {"fingerprint": "ff", "fingerprint_parts": "{}", "command": "lusscore features ü"}
    create_layout(tmp_path / "f.h5", CLIPS, 2, 5, "float32", attrs)
    return tmp_path / "f.h5"


def test_texts_and_numbers_are_read_as_text(path: Path) -> None:
    with h5py.File(path) as file:
        found = read_attributes(file)
    assert (found["schema"], found["command"]) == ("2", "lusscore features ü")
    assert len(found["header_sha256"]) == 64


@pytest.mark.parametrize("value", [np.zeros(3), np.zeros(7000), 1.5, ["a", "b"]])
def test_what_is_no_single_text_or_number_is_refused(path: Path, value: object) -> None:
    with h5py.File(path, "r+") as file:
        file.attrs["command"] = value
        with pytest.raises(ValueError, match="'command' is neither a text nor a whole number"):
            read_attribute(file, "command")


@pytest.mark.parametrize("bit", range(8))
def test_every_size_in_the_heap_of_texts_is_checked(path: Path, bit: int) -> None:
    check_text_heap(path)
    data = path.read_bytes()
    at = data.index(b"GCOL") + 16
    for place in (at - 8, at + 8):
        spoilt = bytearray(data)
        spoilt[place + 1] ^= 1 << bit
        path.write_bytes(spoilt)
        with pytest.raises(ValueError, match="heap of its texts"):
            check_text_heap(path)


@pytest.mark.parametrize("length", [1, 800, *range(3100, 3600, 20), 9000, 60000])
def test_embeddings_lie_last_however_long_the_command_was(tmp_path: Path, length: int) -> None:
    attrs = {"fingerprint": "f" * 64, "fingerprint_parts": "p" * 600, "command": "c" * length}
    create_layout(tmp_path / "f.h5", CLIPS, 3, 400, "float32", attrs)
    with h5py.File(tmp_path / "f.h5") as file:
        embeddings = file["embeddings"].id
        end = embeddings.get_offset() + embeddings.get_storage_size()
    assert end == (tmp_path / "f.h5").stat().st_size
