"""Damaged bytes are never served, and cost no more than what they held."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pytest
from click.testing import Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lusscore.backbones import BackboneSpec, get_backbone
from lusscore.cohort import Cohort, ExtractionSettings, FramesPolicy
from lusscore.errors import DamagedFileError, FeatureFileError
from lusscore.features import (
    extract_features,
    find_unneeded,
    prune,
    read_features,
    read_fresh,
    repair_cohort,
    verify_cohort,
)

CLIPS = 6


@dataclass
class Computed:
    """A cohort, its cache, and what its feature file should hold."""

    cohort: Cohort
    spec: BackboneSpec
    folder: Path
    path: Path
    sound: bytes

    @property
    def parts(self) -> list[Path]:
        return sorted(self.folder.glob(".cache/tiny-*/*/*/*.h5"))

    def stored(self) -> bytes:
        file = read_features(self.path, again=True)
        assert file.done.all()
        return bytes(file.stored.tobytes() + file.time.tobytes() + file.frame.tobytes())

    def run(self) -> int:
        """Run stage one and return the number of clips computed."""
        (outcome,) = extract_features(self.cohort, [self.spec], self.folder)
        assert outcome.failed == {}
        return outcome.clips


@pytest.fixture
def computed(make_cohort: Callable[..., Cohort], tiny_backbone: Path, tmp_path: Path) -> Computed:
    extraction = ExtractionSettings(FramesPolicy("all"), variants=1)
    cohort = make_cohort(CLIPS // 2, extraction=extraction)
    spec = get_backbone(str(tiny_backbone))
    (outcome,) = extract_features(cohort, [spec], tmp_path / "f")
    made = Computed(cohort, spec, tmp_path / "f", outcome.path, b"")
    made.sound = made.stored()
    assert len(made.parts) == CLIPS
    return made


def flip(path: Path, position: int, bit: int = 0) -> None:
    """Flip one bit, and leave size and time as they were."""
    stat = path.stat()
    data = bytearray(path.read_bytes())
    data[position % len(data)] ^= 1 << bit
    path.write_bytes(data)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(place=st.integers(0, 10**7), bit=st.integers(0, 7))
def test_any_flipped_bit_of_a_feature_file_is_found_before_hdf5_sees_it(
    computed: Computed, monkeypatch: pytest.MonkeyPatch, place: int, bit: int
) -> None:
    whole = computed.path.read_bytes()
    flip(computed.path, place, bit)
    with monkeypatch.context() as patch:
        patch.setattr(h5py, "File", lambda *arguments, **options: pytest.fail("HDF5 parsed it"))
        with pytest.raises(FeatureFileError, match="damaged|another version|no feature file"):
            read_features(computed.path, again=True)
    computed.path.write_bytes(whole)
    assert computed.stored() == computed.sound


def test_a_damaged_feature_file_is_packed_anew_and_nothing_is_computed(computed: Computed) -> None:
    flip(computed.path, -40)
    os.utime(computed.path)  # a time of its own, as any write gives
    with pytest.raises(DamagedFileError, match="lusscore features"):
        read_features(computed.path)
    assert computed.run() == 0
    assert computed.stored() == computed.sound


@pytest.mark.parametrize("kept", [0.0, 0.01, 0.5, 0.999])
def test_a_feature_file_that_is_cut_short_is_packed_anew(computed: Computed, kept: float) -> None:
    os.truncate(computed.path, int(kept * computed.path.stat().st_size))
    with pytest.raises(DamagedFileError):
        read_features(computed.path)
    assert computed.run() == 0
    assert computed.stored() == computed.sound


@pytest.mark.parametrize(
    "damage",
    [
        lambda part: flip(part, 4000),
        lambda part: flip(part, 2),
        lambda part: os.truncate(part, part.stat().st_size // 2),
        lambda part: os.truncate(part, 0),
        lambda part: part.unlink(),
        lambda part: shutil.rmtree(part.parent),
        lambda part: part.write_bytes(part.read_bytes() + b"\0"),
    ],
    ids=["bit", "first bytes", "cut", "empty", "deleted", "folder deleted", "longer"],
)
def test_a_damaged_part_costs_its_clip(
    computed: Computed, damage: Callable[[Path], object]
) -> None:
    damage(computed.parts[2])
    computed.path.unlink()
    assert computed.run() == 1
    assert computed.stored() == computed.sound
    assert len(computed.parts) >= CLIPS


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(place=st.integers(0, 10**6), bit=st.integers(0, 7), part=st.integers(0, CLIPS - 1))
def test_any_flipped_bit_of_a_part_is_found_before_hdf5_sees_it(
    computed: Computed, place: int, bit: int, part: int
) -> None:
    path = computed.parts[part]
    whole = path.read_bytes()
    flip(path, place, bit)
    (report,) = verify_cohort(computed.cohort, computed.folder)
    assert [finding.kind for finding in report.findings] == ["part"]
    computed.path.unlink()
    assert computed.run() == 1
    assert computed.stored() == computed.sound
    path.write_bytes(whole)


def test_a_part_of_another_clip_is_not_taken_whatever_its_name(computed: Computed) -> None:
    one, other = computed.parts[:2]
    stranger = other.read_bytes()
    # once under its own name in the other clip's folder, once under the other part's name
    (one.parent / other.name).write_bytes(stranger)
    one.write_bytes(stranger)
    computed.path.unlink()
    assert computed.run() == 1
    assert computed.stored() == computed.sound


def test_a_part_of_another_recipe_is_not_taken(
    computed: Computed, tiny_backbone: Path, tmp_path: Path
) -> None:
    from backbone_maker import write_tiny_backbone

    (tmp_path / "other").mkdir()
    other = get_backbone(str(write_tiny_backbone(tmp_path / "other" / "tiny.onnx", seed=9)))
    (outcome,) = extract_features(computed.cohort, [other], computed.folder)
    assert outcome.clips == CLIPS
    first, second = sorted(computed.folder.glob(".cache/tiny-*"))
    for part in first.rglob("*.h5"):
        shutil.copy(part, second / part.relative_to(first))
    for part in second.rglob("*.h5"):
        if (first / part.relative_to(second).parent).exists():
            shutil.copy(part, first / part.relative_to(second))
    shutil.rmtree(computed.path.parent)
    assert computed.run() == 0
    assert computed.stored() == computed.sound


def test_damaged_memories_are_ignored_and_made_anew(computed: Computed) -> None:
    for record in [*computed.folder.rglob("*.json")]:
        flip(record, 90, 1)
    computed.path.unlink()
    assert computed.run() == 0
    assert computed.stored() == computed.sound


def test_a_file_that_is_no_feature_file_is_never_replaced(computed: Computed) -> None:
    with h5py.File(computed.path, "w") as file:
        file["mine"] = np.arange(3)
    before = computed.path.read_bytes()
    with pytest.raises(FeatureFileError, match="move it away"):
        computed.run()
    assert computed.path.read_bytes() == before


def test_verify_finds_what_size_and_time_do_not_show_and_repair_mends_it(
    computed: Computed,
) -> None:
    (report,) = verify_cohort(computed.cohort, computed.folder)
    assert (report.findings, report.parts) == ([], CLIPS)
    first = read_features(computed.path).digests[0][:32]
    flip(next(part for part in computed.parts if part.parent.name == first), 4000)
    flip(computed.path, -40)
    clip = computed.cohort.clips()[4]
    flip(computed.cohort.clip_path(clip), -1)
    (report,) = verify_cohort(computed.cohort, computed.folder)
    assert sorted(finding.kind for finding in report.findings) == ["file", "part"]
    # the clip's bytes differ, which the file that told so no longer says
    (mended,) = repair_cohort(computed.cohort, computed.folder)
    assert (mended.left, mended.computed) == ("", 2)
    assert verify_cohort(computed.cohort, computed.folder)[0].findings == []
    file = read_features(computed.path)
    sound = np.frombuffer(computed.sound, np.float16, file.stored.size).reshape(file.stored.shape)
    for number in (0, 1, 2, 3, 5):
        assert np.array_equal(file.stored[file.rows(number)], sound[file.rows(number)])


def test_a_clip_that_changed_with_size_and_time_preserved_is_found(computed: Computed) -> None:
    clip = computed.cohort.clips()[4]
    flip(computed.cohort.clip_path(clip), -1)
    (report,) = verify_cohort(computed.cohort, computed.folder)
    assert [(one.kind, one.clip) for one in report.findings] == [("media", clip)]
    (mended,) = repair_cohort(computed.cohort, computed.folder)
    assert (mended.left, mended.computed) == ("", 1)


@pytest.mark.parametrize("command", [("cv", "--folds", 2), ("suggest",), ("train",)])
def test_commands_that_read_embeddings_refuse_a_damaged_file_in_a_sentence(
    computed: Computed, lusscore: Callable[..., Result], command: tuple[object, ...]
) -> None:
    flip(computed.path, -40)
    os.utime(computed.path)
    name, *options = command
    result = lusscore(name, "tiny", "--features-dir", computed.folder, *options)
    assert result.exit_code == 2
    assert "damaged" in result.output
    assert "lusscore features tiny" in result.output


def rot(computed: Computed) -> None:
    """Flip a bit of the embeddings once the file was looked at; size, time and inode stay."""
    file = read_features(computed.path)
    flip(computed.path, computed.path.read_bytes().index(file.stored.tobytes()) + 3)
    read_features(computed.path)  # what is remembered of the file still holds


def test_stage_two_reads_every_byte_again(computed: Computed) -> None:
    rot(computed)
    with pytest.raises(DamagedFileError):
        read_fresh(computed.cohort, computed.spec, computed.folder)
    assert computed.run() == 0
    assert computed.stored() == computed.sound


def test_rotten_embeddings_are_never_given_a_new_digest(
    computed: Computed, make_cohort: Callable[..., Cohort]
) -> None:
    prune(find_unneeded(computed.folder, packed=True))  # the feature file is all there is
    rot(computed)
    extraction = computed.cohort.card.extraction
    grown = make_cohort(CLIPS // 2 + 1, extraction=extraction)
    with pytest.raises(FeatureFileError, match="run this again"):
        extract_features(grown, [computed.spec], computed.folder)
    computed.cohort = grown
    computed.run()
    straight = Computed(grown, computed.spec, computed.folder / "straight", computed.path, b"")
    straight.run()
    straight.path = straight.folder / "tiny" / "tiny.h5"
    assert computed.stored() == straight.stored()
