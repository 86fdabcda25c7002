from pathlib import Path

import h5py
import numpy as np
import pytest

from lusscore.features.file.layout import PlannedClip, create_layout
from lusscore.features.file.store import FeatureStore
from lusscore.features.file.writer import Writer

CLIPS = [PlannedClip(f"{n}.mp4", f"{n:064d}", np.arange(3)) for n in range(50)]
ATTRS = {"fingerprint": "ff", "fingerprint_parts": "{}"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    create_layout(tmp_path / "f.h5", CLIPS, 2, 5, "float32", ATTRS)
    return tmp_path / "f.h5"


def rows(clip: int, count: int) -> np.ndarray:
    return np.random.default_rng(clip).normal(size=(3, 2, 5)).astype(np.float32)[:count]


def test_clips_whose_rows_arrive_mixed_are_all_written_and_counted(path: Path) -> None:
    counted: list[int] = []
    with FeatureStore(path) as store:
        with Writer() as writer:
            for clip in range(50):
                writer.rows(store, clip, rows(clip, 2), np.array([0.0, 1.0]))
            for clip in range(50):
                writer.rows(store, clip, rows(clip, 3)[2:], np.array([2.0]))
                writer.finish(store, clip, lambda clip=clip: counted.append(clip))  # type: ignore[misc]
        assert store.todo() == []
    assert sorted(counted) == list(range(50))
    with h5py.File(path) as file:
        stored = file["embeddings"][...].reshape(50, 3, 2, 5)
        assert file["frames/time"][...].reshape(50, 3).tolist() == [[0, 1, 2]] * 50
    for clip in range(50):
        np.testing.assert_array_equal(stored[clip], rows(clip, 3))


def test_a_clip_that_fails_in_the_middle_is_not_done_and_can_be_done_again(path: Path) -> None:
    with FeatureStore(path) as store:
        with Writer() as writer:
            writer.rows(store, 7, rows(1, 2), np.zeros(2))
            writer.fail(store, 7, "broke off")
            writer.rows(store, 8, rows(8, 3), np.zeros(3))
            writer.finish(store, 8, lambda: None)
        assert 7 in store.todo()
        assert 8 not in store.todo()
        store.write(7, rows(7, 3), np.zeros(3))
    with h5py.File(path) as file:
        np.testing.assert_array_equal(file["embeddings"][21:24], rows(7, 3))
        assert file["clips/error"][7] == b""


def finish_too_early(store: FeatureStore) -> None:
    with Writer() as writer:
        writer.rows(store, 0, rows(0, 2), np.zeros(2))
        writer.finish(store, 0, lambda: None)


def test_a_clip_that_lacks_rows_is_never_marked_done(path: Path) -> None:
    with FeatureStore(path) as store:
        with pytest.raises(ValueError, match="lacks rows"):
            finish_too_early(store)
        assert 0 in store.todo()
    with h5py.File(path) as file:
        assert file["clips/done"][0] == 0
