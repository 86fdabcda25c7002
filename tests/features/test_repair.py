"""What a repair keeps, what it leaves alone, and what it says about the rest."""

import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lusscore.backbones import BackboneSpec, get_backbone
from lusscore.cohort import Cohort, read_cohort, write_cohort
from lusscore.errors import EngineError, FeatureFileError
from lusscore.features import (
    EngineChoice,
    Repair,
    RepairChoice,
    Watcher,
    extract_features,
    read_features,
    repair_cohort,
    verify_cohort,
)
from lusscore.features.file.lock import hold

CLIPS = 6


@pytest.fixture
def spec(tiny_backbone: Path) -> BackboneSpec:
    return get_backbone(str(tiny_backbone))


@pytest.fixture
def cohort(make_cohort: Callable[..., Cohort], spec: BackboneSpec, tmp_path: Path) -> Cohort:
    cohort = make_cohort(CLIPS // 2)
    extract_features(cohort, [spec], tmp_path)
    return cohort


@pytest.fixture
def path(cohort: Cohort, tmp_path: Path) -> Path:
    return tmp_path / "tiny" / "tiny.h5"


def repair(cohort: Cohort, path: Path, spec: BackboneSpec | None = None) -> Repair:
    choice = RepairChoice({} if spec is None else {"tiny": spec})
    (done,) = repair_cohort(cohort, path.parent.parent, choice=choice)
    return done


def rows(path: Path) -> bytes:
    with h5py.File(path) as file:
        assert file["clips/done"][...].all()
        return bytes(file["embeddings"][...].tobytes() + file["frames/time"][...].tobytes())


def spoil(path: Path, text: bytes, *, by: bytes) -> None:
    """Change a text where it first stands in a file."""
    data = path.read_bytes()
    assert text in data
    path.write_bytes(data.replace(text, by, 1))


def spoil_rows(path: Path, clip: int) -> None:
    with h5py.File(path, "r+") as file:
        row = np.flatnonzero(file["frames/clip"][...] == clip)[0]
        file["embeddings"][row] = 7


@pytest.mark.parametrize(
    ("text", "by"),
    [
        (b"+00:00", b"+01:00"),  # created
        (b'"variants": 2', b'"variants": 3'),  # one of the two places that tell the settings
        (b"lusscore\0", b"lusscorf\0"),  # the name of an attribute
        (b"\x89HDF", b"\x89HDG"),  # the superblock
    ],
    ids=["created", "parts", "name", "superblock"],
)
def test_damage_outside_the_rows_costs_no_clip(
    cohort: Cohort, path: Path, spec: BackboneSpec, text: bytes, by: bytes
) -> None:
    sound = rows(path)
    spoil(path, text, by=by)
    spoilt = path.read_bytes()
    done = repair(cohort, path, spec)
    assert done.before.damaged
    assert (done.mended, done.saved, done.computed) == (True, CLIPS, 0)
    assert rows(path) == sound
    assert done.kept_as == path.parent / "aside" / "tiny-damaged-1.h5"
    assert done.kept_as.read_bytes() == spoilt


def test_a_file_saved_from_a_doubtful_one_says_so(
    cohort: Cohort, path: Path, spec: BackboneSpec
) -> None:
    before = read_features(path).attrs
    spoil(path, b"+00:00", by=b"+01:00")
    repair(cohort, path, spec)
    after = read_features(path).attrs
    assert "from a damaged tiny.h5" in after["salvaged"]
    for name in ("fingerprint", "backbone", "weights_digest", "engine"):
        assert after[name] == before[name]


def test_settings_that_are_in_doubt_save_nothing(
    cohort: Cohort, path: Path, spec: BackboneSpec
) -> None:
    fingerprint = read_features(path).attrs["fingerprint"].encode()
    sound = rows(path)
    spoil(path, b'"variants": 2', by=b'"variants": 3')
    spoil(path, fingerprint, by=fingerprint[::-1])
    done = repair(cohort, path, spec)
    assert (done.mended, done.saved, done.computed) == (True, 0, CLIPS)
    assert rows(path) == sound


@pytest.mark.parametrize("mark", [2, 3, 129, 255])
def test_a_done_mark_that_is_none_is_named_and_costs_nothing(
    cohort: Cohort, path: Path, spec: BackboneSpec, mark: int
) -> None:
    sound = rows(path)
    with h5py.File(path, "r+") as file:
        file["clips/done"][2] = mark
    done = repair(cohort, path, spec)
    (finding,) = done.before.findings
    assert (finding.clip, finding.what) == (
        cohort.clips()[2],
        f"the done mark is {mark}, expected 0 or 1",
    )
    assert (done.mended, done.saved, done.computed) == (True, CLIPS, 0)
    assert rows(path) == sound


def test_damaged_tables_cost_only_the_clips_they_tell_wrong(
    cohort: Cohort, path: Path, spec: BackboneSpec
) -> None:
    sound = rows(path)
    with h5py.File(path, "r+") as file:
        file["frames/clip"][7] = 4  # a frame of clip 1
        file["clips/digest"][3] = b"0" * 64
    done = repair(cohort, path, spec)
    assert (done.mended, done.saved, done.computed) == (True, CLIPS - 2, 2)
    assert rows(path) == sound


@pytest.mark.parametrize("dataset", ["frames/time", "clips/checksum", "clips/error", "clips/done"])
def test_a_dataset_that_lies_elsewhere_is_never_written_to(
    cohort: Cohort, path: Path, spec: BackboneSpec, dataset: str
) -> None:
    sound = rows(path)
    with h5py.File(path) as file:
        place, size = file[dataset].id.get_offset(), file[dataset].id.get_storage_size()
    # HDF5 keeps place and size of a contiguous dataset side by side
    here, elsewhere = struct.pack("<QQ", place, size), struct.pack("<QQ", place - 64, size)
    spoil(path, here, by=elsewhere)
    spoilt = path.read_bytes()
    with pytest.raises(FeatureFileError, match="is damaged"):
        extract_features(cohort, [spec], path.parent.parent)
    assert path.read_bytes() == spoilt
    done = repair(cohort, path, spec)
    assert done.mended
    assert rows(path) == sound
    assert done.kept_as is not None
    assert done.kept_as.read_bytes() == spoilt


def test_an_unknown_network_is_asked_for_and_the_loss_is_not_forgotten(
    cohort: Cohort, path: Path, spec: BackboneSpec
) -> None:
    sound = rows(path)
    spoil_rows(path, 1)
    spoil_rows(path, 4)
    done = repair(cohort, path)
    assert not done.mended
    assert "lusscore verify tiny --repair -b FOLDER/tiny.onnx" in done.left
    (report,) = verify_cohort(cohort, path.parent.parent)
    assert {finding.kind for finding in report.findings} == {"lost"}
    assert report.unfinished == 0
    assert not read_features(path).done[[1, 4]].any()
    done = repair(cohort, path, spec)
    assert (done.mended, done.computed) == (True, 2)
    assert rows(path) == sound


def test_a_file_of_other_settings_is_mended_and_not_computed(
    cohort: Cohort, path: Path, spec: BackboneSpec
) -> None:
    extraction = replace(cohort.card.extraction, rotation=3.0)
    changed = write_cohort(cohort.folder, replace(cohort.card, extraction=extraction), cohort.spans)
    spoil_rows(path, 0)
    done = repair(changed, path, spec)
    assert (done.mended, done.computed) == (False, 0)
    assert "rotation is 10.0, needed 3.0" in done.left
    assert read_features(path).done.sum() == CLIPS - 1


def test_a_file_aside_loses_only_the_marks_of_what_is_damaged(
    cohort: Cohort, path: Path, spec: BackboneSpec
) -> None:
    extraction = replace(cohort.card.extraction, rotation=3.0)
    changed = replace(cohort, card=replace(cohort.card, extraction=extraction))
    extract_features(changed, [spec], path.parent.parent)
    (aside,) = (path.parent / "aside").glob("*.h5")
    spoil_rows(aside, 2)
    fine, found = verify_cohort(changed, path.parent.parent)
    assert not fine.findings
    assert found.aside
    assert [(finding.kind, finding.clip) for finding in found.findings] == [
        ("rows", cohort.clips()[2])
    ]
    choice = RepairChoice({"tiny": spec})
    _, done = repair_cohort(changed, path.parent.parent, choice=choice)
    assert done.computed == 0
    assert read_features(aside).done.tolist() == [True, True, False, True, True, True]
    (back,) = extract_features(cohort, [spec], path.parent.parent)
    assert back.clips == 1


def test_a_changed_clip_is_the_only_one_computed(
    cohort: Cohort, path: Path, spec: BackboneSpec
) -> None:
    first, other = (cohort.clip_path(cohort.clips()[row]) for row in (0, 5))
    first.write_bytes(other.read_bytes())
    done = repair(cohort, path, spec)
    assert [(found.kind, found.clip) for found in done.before.findings] == [
        ("media", cohort.clips()[0])
    ]
    assert done.mended
    # its bytes are those of a clip that the file holds, so even that is not computed
    assert done.computed == 0
    (straight,) = extract_features(cohort, [spec], path.parent.parent / "straight")
    assert rows(path) == rows(straight.path)


def test_clips_that_are_not_done_or_new_are_unfinished_and_no_damage(
    cohort: Cohort, path: Path, spec: BackboneSpec
) -> None:
    with h5py.File(path, "r+") as file:
        file["clips/done"][3] = 0
    spans = [*cohort.spans, replace(cohort.spans[0], clip="clips/new.mp4")]
    (cohort.folder / "clips" / "new.mp4").write_bytes(
        cohort.clip_path(cohort.clips()[0]).read_bytes()
    )
    grown = write_cohort(cohort.folder, cohort.card, spans)
    before = path.read_bytes()
    done = repair(read_cohort(grown.folder), path, spec)
    assert (done.before.findings, done.before.unfinished, done.computed) == ((), 2, 0)
    assert path.read_bytes() == before


def test_a_file_of_a_later_version_is_left_alone(
    cohort: Cohort, path: Path, spec: BackboneSpec
) -> None:
    with h5py.File(path, "r+") as file:
        file.attrs["schema"] = 9
    before = path.read_bytes()
    done = repair(cohort, path, spec)
    assert not done.mended
    assert "install that version" in done.left
    assert path.read_bytes() == before


def test_a_file_that_another_process_writes_is_left_alone(
    cohort: Cohort, path: Path, spec: BackboneSpec
) -> None:
    spoil_rows(path, 0)
    before = path.read_bytes()
    with hold(path):
        done = repair(cohort, path, spec)
    assert "is being written by process" in done.left
    assert not done.mended
    assert path.read_bytes() == before


def test_an_earlier_damaged_copy_is_never_overwritten(
    cohort: Cohort, path: Path, spec: BackboneSpec
) -> None:
    for hour in range(3):
        spoil(path, b"+0%d:00" % hour, by=b"+0%d:00" % (hour + 1))
        assert repair(cohort, path, spec).mended
    copies = sorted(entry.name for entry in (path.parent / "aside").iterdir())
    assert copies == [f"tiny-damaged-{number}.h5" for number in (1, 2, 3)]


def test_a_file_of_which_only_a_damaged_copy_is_left_is_computed(
    cohort: Cohort, path: Path, spec: BackboneSpec
) -> None:
    sound = rows(path)
    path.write_bytes(b"nothing" * 99)
    assert not repair(cohort, path).mended
    assert not path.exists()
    (report,) = verify_cohort(cohort, path.parent.parent)
    assert [finding.kind for finding in report.findings] == ["missing"]
    done = repair(cohort, path, spec)
    assert (done.mended, done.computed) == (True, CLIPS)
    assert rows(path) == sound


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(places=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 7)), min_size=1, max_size=4))
def test_whatever_bits_are_flipped_repair_brings_the_same_bytes_back(
    cohort: Cohort, path: Path, spec: BackboneSpec, places: list[tuple[float, int]]
) -> None:
    original, sound = path.read_bytes(), rows(path)
    spoilt = bytearray(original)
    for place, bit in places:
        spoilt[int(place * len(spoilt))] ^= 1 << bit
    try:
        path.write_bytes(spoilt)
        done = repair(cohort, path, spec)
        if done.mended:
            extract_features(cohort, [spec], path.parent.parent)  # a mark may be flipped to 0
            assert rows(path) == sound
        else:
            assert "later version" in done.left
            assert path.read_bytes() == spoilt
    finally:
        path.write_bytes(original)


def test_a_repair_computes_in_the_precision_of_the_file(
    cohort: Cohort, path: Path, spec: BackboneSpec
) -> None:
    extract_features(cohort, [spec], path.parent.parent / "p", engine=EngineChoice(precision="f32"))
    told: list[int] = []
    spoil_rows(path, 0)
    choice = RepairChoice({"tiny": spec}, engine=EngineChoice(precision="bf16", threads=1))
    watcher = Watcher(frames=lambda backbone, frames: told.append(frames))
    (done,) = repair_cohort(cohort, path.parent.parent, choice=choice, watcher=watcher)
    assert done.mended
    assert sum(told) == 5
    assert rows(path) == rows(path.parent.parent / "p" / "tiny" / "tiny.h5")


def test_an_unknown_engine_is_told_before_anything_is_touched(
    cohort: Cohort, path: Path, spec: BackboneSpec
) -> None:
    spoil_rows(path, 0)
    before = path.read_bytes()
    with pytest.raises(EngineError, match="Unknown engine 'cuda'"):
        repair_cohort(
            cohort, path.parent.parent, choice=RepairChoice({}, engine=EngineChoice("cuda"))
        )
    assert path.read_bytes() == before
