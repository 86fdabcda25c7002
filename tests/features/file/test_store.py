import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pytest

from lusscore.errors import FeatureFileError
from lusscore.features.file.checksum import clip_checksum
from lusscore.features.file.feature_file import open_feature_file
from lusscore.features.file.grow import make_file
from lusscore.features.file.layout import PlannedClip, create_layout
from lusscore.features.file.lock import hold
from lusscore.features.file.store import FeatureStore

CLIPS = [
    PlannedClip("one.mp4", "a" * 64, np.array([0, 4, 8])),
    PlannedClip("two.mp4", "b" * 64, np.array([1, 2])),
]
ATTRS = {"fingerprint": "ff", "fingerprint_parts": "{}", "backbone": "tiny"}


def rows(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, 2, 5)).astype(np.float32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    create_layout(tmp_path / "f.h5", CLIPS, 2, 5, "float32", ATTRS)
    return tmp_path / "f.h5"


def test_a_written_clip_is_done_and_its_checksum_fits(path: Path) -> None:
    with FeatureStore(path) as store:
        assert store.todo() == [0, 1]
        store.write(1, rows(2), np.array([0.1, 0.2]))
        assert store.todo() == [0]
        assert store.frames(1).tolist() == [1, 2]
    with h5py.File(path) as file:
        np.testing.assert_array_equal(file["embeddings"][3:], rows(2))
        np.testing.assert_allclose(file["frames/time"][3:], [0.1, 0.2], rtol=1e-6)
        assert file["clips/checksum"][1] == clip_checksum(
            "two.mp4",
            "b" * 64,
            file["frames/index"][3:],
            file["embeddings"][3:],
            file["frames/time"][3:],
        )


def test_a_failed_clip_keeps_its_reason_until_it_succeeds(path: Path) -> None:
    with FeatureStore(path) as store:
        store.fail(0, "one.mp4 cannot be decoded")
        assert store.todo() == [0, 1]
    with h5py.File(path) as file:
        assert file["clips/error"].asstr()[0] == "one.mp4 cannot be decoded"
    with FeatureStore(path) as store:
        store.write(0, rows(3), np.zeros(3))
    with h5py.File(path) as file:
        assert file["clips/error"].asstr()[0] == ""


@pytest.mark.parametrize("content", [b"", b"not hdf5", None])
def test_a_file_that_is_no_feature_file_gets_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "f.h5"
    if content is None:
        with h5py.File(path, "w") as file:
            file["x"] = 1
    else:
        path.write_bytes(content)
    with pytest.raises(FeatureFileError, match="is no HDF5 file|is empty|no feature file of"):
        open_feature_file(path)


def test_a_missing_file_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(FeatureFileError, match="make it with 'lusscore features'"):
        open_feature_file(tmp_path / "f.h5")


def test_a_truncated_file_gets_a_sentence(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(FeatureFileError, match="is cut short, \\d+ of \\d+ bytes"):
        open_feature_file(path)


def test_growth_keeps_rows_of_the_same_media_whatever_their_name_and_place(path: Path) -> None:
    with FeatureStore(path) as store:
        store.write(0, rows(3), np.arange(3.0))
    clips = [
        PlannedClip("new.mp4", "c" * 64, np.array([7])),
        PlannedClip("renamed.mp4", "a" * 64, np.array([0, 4, 8])),
        PlannedClip("two.mp4", "b" * 64, np.array([1, 2])),
    ]
    assert make_file(path, clips, 2, 5, "float32", ATTRS) == 1
    with FeatureStore(path) as store:
        assert store.clips() == {"new.mp4": 0, "renamed.mp4": 1, "two.mp4": 2}
        assert store.todo() == [0, 2]
    with h5py.File(path) as file:
        np.testing.assert_array_equal(file["embeddings"][1:4], rows(3))
        assert file["frames/time"][1:4].tolist() == [0, 1, 2]
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["f.h5"]


def test_rows_of_other_frames_of_the_same_media_are_not_kept(path: Path) -> None:
    with FeatureStore(path) as store:
        store.write(0, rows(3), np.arange(3.0))
    clips = [PlannedClip("one.mp4", "a" * 64, np.array([0, 4, 9]))]
    assert make_file(path, clips, 2, 5, "float32", ATTRS) == 0


HOLDER = """
import sys, time
from pathlib import Path
from lusscore.features.file.lock import hold
with hold(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_writer_is_told_and_a_dead_one_leaves_no_hold(path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(FeatureFileError, match="being written by process"):
            with hold(path):
                pass
        with h5py.File(path, locking=False) as file:
            assert "embeddings" in file
        process.kill()
    with hold(path):
        pass


WRITER = """
import sys
from pathlib import Path
import numpy as np
from lusscore.features.file.store import FeatureStore
with FeatureStore(Path(sys.argv[1])) as store:
    for clip in store.todo():
        count = len(store.frames(clip))
        store.write(clip, np.full((count, 2, 5), clip + 1.0, np.float32), np.zeros(count))
        print(clip, flush=True)
"""


def test_a_killed_writer_leaves_a_readable_file_and_every_finished_clip(tmp_path: Path) -> None:
    path = tmp_path / "f.h5"
    clips = [PlannedClip(f"{n}.mp4", f"{n:064d}", np.arange(4)) for n in range(400)]
    create_layout(path, clips, 2, 5, "float32", ATTRS)
    finished = 0
    for lines in (3, 20, 60):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            told = [int(process.stdout.readline()) for _ in range(lines)]
            time.sleep(0.003)
            process.kill()
        finished = told[-1] + 1
        with FeatureStore(path) as store:
            todo = store.todo()
        assert todo == list(range(todo[0], 400))
        assert todo[0] >= finished
        with h5py.File(path) as file:
            for clip in range(todo[0]):
                held = file["embeddings"][4 * clip : 4 * clip + 4]
                assert (held == clip + 1).all()
                assert file["clips/checksum"][clip] == clip_checksum(
                    f"{clip}.mp4", f"{clip:064d}", np.arange(4), held, np.zeros(4)
                )
