from pathlib import Path

import h5py
import numpy as np
import pytest

from lusscore.features.file.layout import PlannedClip, create_layout, fit_text

CLIPS = [
    PlannedClip("ä/one.mp4", "a" * 64, np.array([0, 4, 8])),
    PlannedClip("broken.mp4", "", np.array([], dtype=np.int64), "cannot be read: ü" + "x" * 600),
    PlannedClip("two.mp4", "b" * 64, np.array([1])),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    create_layout(tmp_path / "f.h5", CLIPS, 3, 5, "float16", {"fingerprint": "ff"})
    return tmp_path / "f.h5"


def test_the_layout_is_the_documented_one(path: Path) -> None:
    with h5py.File(path) as file:
        assert file["embeddings"].shape == (4, 3, 5)
        assert file["embeddings"].dtype == np.float16
        assert file["frames/clip"][:].tolist() == [0, 0, 0, 2]
        assert file["frames/index"][:].tolist() == [0, 4, 8, 1]
        assert np.isnan(file["frames/time"][:]).all()
        assert file["clips/path"].asstr()[:].tolist() == [clip.path for clip in CLIPS]
        assert file["clips/digest"].asstr()[0] == "a" * 64
        assert file["clips/done"][:].tolist() == [0, 0, 0]
        assert file["clips/error"].asstr()[1].startswith("cannot be read: ü")
        assert file.attrs["fingerprint"] == "ff"


def test_all_space_is_taken_at_creation_and_nothing_is_chunked(path: Path) -> None:
    with h5py.File(path) as file:
        datasets: list[h5py.Dataset] = []
        file.visititems(
            lambda _, node: datasets.append(node) if isinstance(node, h5py.Dataset) else None
        )
        assert len(datasets) == 9
        for dataset in datasets:
            assert dataset.chunks is None
            assert dataset.id.get_storage_size() == dataset.size * dataset.dtype.itemsize
            assert dataset.id.get_offset() is not None


def test_an_existing_file_is_never_overwritten(path: Path) -> None:
    with pytest.raises(OSError, match="exists"):
        create_layout(path, CLIPS, 3, 5, "float16", {})


def test_text_is_cut_between_characters() -> None:
    assert fit_text("aü", 2) == b"a"
    assert fit_text("aü", 3) == "aü".encode()
