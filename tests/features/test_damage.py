"""Every damage to a real feature file is found, and mended by computing only what was lost."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lusscore.backbones import BackboneSpec, get_backbone
from lusscore.cohort import Cohort, ExtractionSettings, FramesPolicy
from lusscore.errors import FeatureFileError
from lusscore.features import (
    FileReport,
    Repair,
    RepairChoice,
    extract_features,
    read_features,
    repair_cohort,
    verify_cohort,
)

CLIPS, FRAMES = 12, 5


@dataclass
class Computed:
    """A cohort, its feature file and the bytes that it should have."""

    cohort: Cohort
    folder: Path
    path: Path
    sound: bytes
    spec: BackboneSpec

    def verify(self) -> FileReport:
        (report,) = verify_cohort(self.cohort, self.folder, ("tiny",))
        return report

    def repair(self) -> Repair:
        choice = RepairChoice({"tiny": self.spec})
        return repair_cohort(self.cohort, self.folder, ("tiny",), choice=choice)[0]

    def place(self, dataset: str) -> int:
        with h5py.File(self.path) as file:
            return int(file[dataset].id.get_offset())

    def rows(self) -> bytes:
        with h5py.File(self.path) as file:
            assert file["clips/done"][...].all()
            return bytes(file["embeddings"][...].tobytes() + file["frames/time"][...].tobytes())

    def flip(self, position: int, bit: int = 0) -> None:
        data = bytearray(self.path.read_bytes())
        data[position] ^= 1 << bit
        self.path.write_bytes(data)


@pytest.fixture
def computed(make_cohort: Callable[..., Cohort], tiny_backbone: Path, tmp_path: Path) -> Computed:
    extraction = ExtractionSettings(FramesPolicy("all"), variants=1)
    cohort = make_cohort(CLIPS // 2, frames=FRAMES, extraction=extraction)
    spec = get_backbone(str(tiny_backbone))
    folder = tmp_path / "features"
    (outcome,) = extract_features(cohort, [spec], folder)
    made = Computed(cohort, folder, outcome.path, b"", spec)
    made.sound = made.rows()
    return made


def test_a_sound_file_is_read_whole_and_nothing_is_wrong(computed: Computed) -> None:
    report = computed.verify()
    assert report.findings == ()
    assert (report.clips, report.unfinished) == (CLIPS, 0)
    assert report.size == computed.path.stat().st_size


def test_a_flipped_bit_costs_one_clip(computed: Computed) -> None:
    per_clip = FRAMES * 2 * 8 * 2
    computed.flip(computed.place("embeddings") + 3 * per_clip + 11, bit=5)
    report = computed.verify()
    assert [finding.clip for finding in report.findings] == [computed.cohort.clips()[3]]
    repair = computed.repair()
    assert (repair.mended, repair.computed) == (True, 1)
    assert computed.rows() == computed.sound
    assert computed.verify().findings == ()


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9, 0.999])
def test_a_file_that_was_cut_short_keeps_the_clips_before_the_cut(
    computed: Computed, kept: float
) -> None:
    whole = computed.path.stat().st_size
    start = computed.place("embeddings")
    length = start + int(kept * (whole - start))
    os.truncate(computed.path, length)
    with pytest.raises(FeatureFileError, match=r"verify .* --repair"):
        read_features(computed.path)
    assert "cut short" in computed.verify().findings[0].what
    before = int(kept * CLIPS)
    repair = computed.repair()
    assert (repair.mended, repair.saved, repair.computed) == (True, before, CLIPS - before)
    assert repair.kept_as is not None
    assert repair.kept_as.stat().st_size == length
    assert computed.rows() == computed.sound


def test_a_clip_that_changed_with_size_and_time_preserved_is_found(computed: Computed) -> None:
    path = computed.cohort.clip_path(computed.cohort.clips()[2])
    stamp = path.stat()
    data = bytearray(path.read_bytes())
    data[-30] ^= 255
    path.write_bytes(data)
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    (finding,) = computed.verify().findings
    assert finding.clip == computed.cohort.clips()[2]
    repair = computed.repair()
    # the flipped byte may or may not leave a clip that can be decoded
    assert repair.computed + len(repair.after.findings if repair.after else ()) == 1


def test_a_clip_that_is_gone_is_found_and_its_embeddings_stay(computed: Computed) -> None:
    path = computed.cohort.clip_path(computed.cohort.clips()[2])
    path.unlink()
    (finding,) = computed.verify().findings
    assert (finding.kind, finding.clip) == ("unreadable media", computed.cohort.clips()[2])
    repair = computed.repair()
    assert not repair.mended
    assert "bring them back" in repair.left
    assert computed.rows() == computed.sound


def test_a_file_that_is_nothing_any_more_is_set_aside_and_computed_anew(
    computed: Computed,
) -> None:
    computed.path.write_bytes(b"nothing " * 500)
    assert computed.verify().damaged
    repair = computed.repair()
    assert (repair.mended, repair.saved, repair.computed) == (True, 0, CLIPS)
    assert computed.rows() == computed.sound
    assert repair.kept_as is not None
    assert repair.kept_as.read_bytes() == b"nothing " * 500


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_bit_flipped_anywhere_is_found_or_changes_nothing(
    computed: Computed, data: st.DataObject
) -> None:
    original = computed.path.read_bytes()
    # tables and HDF5's own structures as often as embeddings
    position = data.draw(
        st.one_of(
            st.integers(0, len(original) - 1), st.integers(0, computed.place("embeddings") - 1)
        )
    )
    bit = data.draw(st.integers(0, 7))
    truth = read_features(computed.path)
    try:
        computed.flip(position, bit)
        found = bool(computed.verify().findings)
        try:
            read = read_features(computed.path)
        except FeatureFileError:
            assert found
            return
        # whatever else was flipped, what stage two would train on is what was computed
        for row in np.flatnonzero(read.done):
            mine, theirs = read.clip == row, truth.clip == row
            assert read.paths[row] == truth.paths[row]
            assert read.embeddings[mine].tobytes() == truth.embeddings[theirs].tobytes()
            assert read.time[mine].tobytes() == truth.time[theirs].tobytes()
            np.testing.assert_array_equal(read.frame[mine], truth.frame[theirs])
    finally:
        computed.path.write_bytes(original)


REPAIR = """
import sys
from pathlib import Path
from lusscore.backbones import get_backbone
from lusscore.cohort import read_cohort
from lusscore.features import RepairChoice, repair_cohort
data, features, backbone = map(Path, sys.argv[1:])
print("begun", flush=True)
choice = RepairChoice({"tiny": get_backbone(str(backbone))})
repair_cohort(read_cohort(data), features, ("tiny",), choice=choice)
"""


def test_a_repair_that_is_killed_can_be_run_again(computed: Computed, tiny_backbone: Path) -> None:
    start, whole = computed.place("embeddings"), computed.path.stat().st_size
    os.truncate(computed.path, (start + whole) // 2)
    for delay in (0.0, 0.05, 0.1, 0.2, 0.4):
        with subprocess.Popen(
            [sys.executable, "-c", REPAIR, str(computed.cohort.folder), str(computed.folder),
             str(tiny_backbone)],
            stdout=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            assert process.stdout is not None
            assert process.stdout.readline() == "begun\n"
            time.sleep(delay)
            process.kill()
    assert computed.repair().mended
    assert computed.rows() == computed.sound
    assert computed.verify().findings == ()
