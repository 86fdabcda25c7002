from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result

from backbone_maker import write_tiny_backbone
from lusscore.backbones import get_backbone
from lusscore.cohort import Cohort, ExtractionSettings, FramesPolicy, write_cohort
from lusscore.errors import FeatureFileError
from lusscore.features import (
    Callbacks,
    FileReport,
    FileStatus,
    RunChoice,
    cohort_status,
    extract_features,
    feature_file,
    find_unneeded,
    prune,
    read_features,
    repair_cohort,
    verify_cohort,
)


@pytest.fixture
def computed(make_cohort: Callable[..., Cohort], tiny_backbone: Path, tmp_path: Path) -> Cohort:
    cohort = make_cohort(1)
    extract_features(cohort, [get_backbone(str(tiny_backbone))], tmp_path)
    return cohort


def status(cohort: Cohort, features_dir: Path) -> FileStatus:
    (found,) = cohort_status(cohort, features_dir)
    return found


def test_a_file_is_fresh_until_clips_card_or_manifest_change(
    computed: Cohort, tmp_path: Path
) -> None:
    fresh = status(computed, tmp_path)
    assert (fresh.state, fresh.frames_done, fresh.frames, fresh.why) == ("fresh", 10, 10, ())
    assert fresh.size == fresh.path.stat().st_size
    assert (fresh.precision, fresh.clips_failed) == ("f32", 0)

    extraction = replace(computed.card.extraction, variants=1, seed=5)
    stale = status(replace(computed, card=replace(computed.card, extraction=extraction)), tmp_path)
    assert stale.state == "stale"
    variants, seed = stale.why
    assert "variants is 2, needed 1" in variants
    assert "seed is 0, needed 5" in seed

    fewer = write_cohort(computed.folder, computed.card, computed.segments[:1])
    (why,) = status(fewer, tmp_path).why
    assert "1 clip no longer in the manifest" in why

    path = computed.clip_path(computed.clips()[0])
    path.write_bytes(computed.clip_path(computed.clips()[1]).read_bytes())
    os.utime(path, (1, 1))
    (why,) = status(computed, tmp_path).why
    assert "1 clip changed" in why


def test_what_is_not_packed_is_missing_or_unfinished(
    make_cohort: Callable[..., Cohort], tiny_backbone: Path, tmp_path: Path
) -> None:
    cohort, spec = make_cohort(2), get_backbone(str(tiny_backbone))
    assert cohort_status(cohort, tmp_path) == []

    def asked() -> FileStatus:
        (found,) = cohort_status(cohort, tmp_path, [str(tiny_backbone)])
        return found

    missing = asked()
    assert (missing.backbone, missing.state) == ("tiny", "missing")
    assert (missing.frames_done, missing.frames, missing.size) == (0, 20, 0)
    extract_features(cohort, [spec], tmp_path, run=RunChoice(part=(1, 2)))
    unfinished = asked()
    assert unfinished.state == "unfinished"
    assert "10 of 20 frames" in unfinished.why[0]
    extract_features(cohort, [spec], tmp_path)
    assert asked().state == "fresh"


def test_clips_that_failed_are_counted(
    make_cohort: Callable[..., Cohort], tiny_backbone: Path, tmp_path: Path
) -> None:
    cohort = make_cohort(2)
    cohort.clip_path(cohort.clips()[1]).write_text("no video")
    extract_features(cohort, [get_backbone(str(tiny_backbone))], tmp_path)
    found = status(cohort, tmp_path)
    assert (found.state, found.clips_failed, found.frames_done) == ("fresh", 1, 15)


def test_a_damaged_file_is_reported_and_hides_no_other(computed: Cohort, tmp_path: Path) -> None:
    sound = status(computed, tmp_path).path
    for content in (b"", b"nonsense", sound.read_bytes()[:-1]):
        sound.with_name("other.h5").write_bytes(content)
        other, tiny = cohort_status(computed, tmp_path)
        assert (other.state, tiny.state) == ("damaged", "fresh")
        assert other.why


@pytest.fixture
def cohort(make_cohort: Callable[..., Cohort], tiny_backbone: Path, tmp_path: Path) -> Cohort:
    cohort = make_cohort(2)
    wide = write_tiny_backbone(tmp_path / "wide.onnx", size=32, seed=1)
    specs = [get_backbone(str(file)) for file in (tiny_backbone, wide)]
    extract_features(cohort, specs, tmp_path / "f")
    return cohort


def kinds(report: FileReport) -> list[tuple[str, str]]:
    return [(finding.kind, finding.clip) for finding in report.findings]


def test_every_file_part_and_clip_is_read_once_and_none_is_changed(
    cohort: Cohort, tmp_path: Path
) -> None:
    files = sorted((tmp_path / "f").rglob("*.h5"))
    before = [(file.read_bytes(), file.stat().st_mtime_ns) for file in files]
    media: list[tuple[int, int]] = []
    size: list[tuple[int, int]] = []
    reports = verify_cohort(
        cohort,
        tmp_path / "f",
        callbacks=Callbacks(media=lambda *at: media.append(at)),
        progress=lambda *at: size.append(at),
    )
    assert [report.backbone for report in reports] == ["tiny", "wide"]
    assert [(report.findings, report.parts) for report in reports] == [([], 4)] * 2
    assert media == [(1, 4), (2, 4), (3, 4), (4, 4)]
    done = [read for read, _ in size]
    assert done == sorted(done)
    assert size[-1][0] <= size[-1][1] == sum(report.path.stat().st_size for report in reports)
    assert sum(report.size for report in reports) == sum(len(data) for data, _ in before)
    assert sorted((tmp_path / "f").rglob("*.h5")) == files
    assert [(file.read_bytes(), file.stat().st_mtime_ns) for file in files] == before


def test_parts_of_other_settings_are_verified_too(
    cohort: Cohort, tiny_backbone: Path, tmp_path: Path
) -> None:
    (old, *_) = (tmp_path / "f").glob(".cache/tiny-*/*/*/*.h5")
    extraction = replace(cohort.card.extraction, contrast="stretch")
    changed = write_cohort(
        cohort.folder, replace(cohort.card, extraction=extraction), cohort.segments
    )
    extract_features(changed, [get_backbone(str(tiny_backbone))], tmp_path / "f")
    (report,) = verify_cohort(changed, tmp_path / "f", ["tiny"])
    assert (report.findings, report.parts) == ([], 8)
    old.write_bytes(old.read_bytes()[:-1])
    (report,) = verify_cohort(changed, tmp_path / "f", ["tiny"])
    (finding,) = report.findings
    assert (finding.kind, finding.path) == ("part", old)
    # it is deleted; nothing that is asked for now was lost
    (mended,) = repair_cohort(changed, tmp_path / "f", ["tiny"])
    assert (mended.left, mended.computed, old.exists()) == ("", 0, False)


def test_a_file_asked_for_that_was_never_made_is_named(cohort: Cohort, tmp_path: Path) -> None:
    (report,) = verify_cohort(cohort, tmp_path / "f", ["vgg16"])
    (finding,) = report.findings
    assert finding.kind == "missing"
    assert "lusscore features tiny" in finding.what


def test_clips_out_of_the_manifest_are_counted_and_no_damage(
    cohort: Cohort, tmp_path: Path
) -> None:
    fewer = write_cohort(cohort.folder, cohort.card, cohort.segments[1:])
    cohort.clip_path(cohort.clips()[0]).unlink()
    for report in verify_cohort(fewer, tmp_path / "f"):
        assert (report.findings, report.unlisted, report.parts) == ([], 1, 4)


def test_clips_that_are_gone_are_listed_and_their_embeddings_kept(
    cohort: Cohort, tmp_path: Path
) -> None:
    gone = cohort.clips()[1]
    cohort.clip_path(gone).unlink()
    for report in repair_cohort(cohort, tmp_path / "f"):
        assert kinds(report) == [("unreadable media", gone)]
        assert gone in report.left
        assert read_features(report.path, again=True).done.all()


def test_a_repair_leaves_other_settings_of_the_card_to_features(
    cohort: Cohort, tmp_path: Path
) -> None:
    extraction = replace(cohort.card.extraction, seed=4)
    changed = write_cohort(
        cohort.folder, replace(cohort.card, extraction=extraction), cohort.segments
    )
    part = next((tmp_path / "f").glob(".cache/tiny-*/*/*/*.h5"))
    part.write_bytes(b"")
    report, _ = repair_cohort(changed, tmp_path / "f")
    assert [finding.kind for finding in report.findings] == ["part"]
    assert "seed is 0, needed 4" in report.left
    assert "lusscore features tiny" in report.left
    assert report.computed == 0


EXTRACTION = ExtractionSettings(FramesPolicy("all"), variants=2)


def compute(cohort: Cohort, onnx: Path, folder: Path) -> int:
    (outcome,) = extract_features(cohort, [get_backbone(str(onnx))], folder)
    assert outcome.failed == {}
    return outcome.images


def parts(folder: Path) -> set[Path]:
    return set(folder.glob(".cache/tiny-*/*/*/*.h5"))


def age(folder: Path, days: float) -> None:
    moment = time.time() - days * 24 * 3600
    for part in parts(folder):
        os.utime(part, (moment, moment))


def test_parts_that_no_feature_file_names_are_pruned_after_a_week(
    make_cohort: Callable[..., Cohort], tiny_backbone: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "f"
    cohort = make_cohort(2, extraction=EXTRACTION)
    compute(cohort, tiny_backbone, folder)
    before = parts(folder)
    other = replace(cohort.card, extraction=replace(EXTRACTION, dtype="float32"))
    other_cohort = write_cohort(cohort.folder, other, cohort.segments)
    compute(other_cohort, tiny_backbone, folder)
    age(folder, 6.9)
    assert find_unneeded(folder) == []  # too young
    age(folder, 7.1)
    (found,) = find_unneeded(folder)
    assert set(found.parts) == before
    prune([found])
    named = set(read_features(folder / "tiny" / "tiny.h5").parts)
    assert {part.stem for part in parts(folder)} == named
    assert not found.folder.exists()
    assert compute(other_cohort, tiny_backbone, folder) == 0
    # another seed's variants are unneeded, but for the clean frames that lie with them
    seeded = replace(other, extraction=replace(other.extraction, seed=1))
    compute(write_cohort(cohort.folder, seeded, cohort.segments), tiny_backbone, folder)
    age(folder, 8)
    assert find_unneeded(folder) == []


@pytest.mark.parametrize("mapped", [True, False], ids=["as here", "as on Windows"])
def test_packed_parts_are_pruned_and_nothing_is_computed_again(
    make_cohort: Callable[..., Cohort],
    tiny_backbone: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    mapped: bool,
) -> None:
    monkeypatch.setattr(feature_file, "REPLACES_MAPPED_FILES", mapped)
    folder = tmp_path / "f"
    cohort = make_cohort(3, extraction=EXTRACTION)
    compute(cohort, tiny_backbone, folder)
    whole = read_features(folder / "tiny" / "tiny.h5").stored.tobytes()
    prune(find_unneeded(folder, packed=True))
    assert parts(folder) == set()
    assert not list(folder.glob(".cache/tiny-*"))
    assert compute(cohort, tiny_backbone, folder) == 0
    # packed anew from itself, with a clip that is new
    grown = make_cohort(4, extraction=EXTRACTION)
    assert compute(grown, tiny_backbone, folder) == 2 * 5 * 3
    file = read_features(folder / "tiny" / "tiny.h5")
    assert file.stored[: len(file.frame) * 6 // 8].tobytes() == whole


def test_a_part_with_more_than_the_file_is_not_packed(
    make_cohort: Callable[..., Cohort], tiny_backbone: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "f"
    cohort = make_cohort(1, extraction=EXTRACTION)
    compute(cohort, tiny_backbone, folder)
    fewer = replace(cohort.card, extraction=replace(EXTRACTION, variants=1))
    compute(write_cohort(cohort.folder, fewer, cohort.segments), tiny_backbone, folder)
    assert find_unneeded(folder, packed=True) == []


def test_nothing_is_pruned_while_a_feature_file_cannot_be_read(
    make_cohort: Callable[..., Cohort],
    tiny_backbone: Path,
    tmp_path: Path,
    lusscore: Callable[..., Result],
) -> None:
    folder = tmp_path / "features"
    compute(make_cohort(1, extraction=EXTRACTION), tiny_backbone, folder)
    age(folder, 30)
    (folder / "tiny" / "tiny.h5").write_bytes(b"damaged")
    with pytest.raises(FeatureFileError):
        find_unneeded(folder)
    before = parts(folder)
    assert lusscore("features", "--prune").exit_code == 2
    assert parts(folder) == before


def test_the_command_lists_before_it_deletes(
    make_cohort: Callable[..., Cohort],
    tiny_backbone: Path,
    tmp_path: Path,
    lusscore: Callable[..., Result],
) -> None:
    folder = tmp_path / "features"
    compute(make_cohort(1, extraction=EXTRACTION), tiny_backbone, folder)
    before = parts(folder)
    dry = lusscore("features", "--prune", "--packed", "--dry-run")
    assert (dry.exit_code, parts(folder)) == (0, before)
    assert "2" in dry.output
    assert lusscore("features", "--prune", "--packed").exit_code == 0
    assert parts(folder) == set()
    for wrong in (("--packed",), (), ("tiny", "--prune")):
        assert lusscore("features", *wrong).exit_code == 2
