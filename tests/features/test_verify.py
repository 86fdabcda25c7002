"""What verifying reads, how often, and what it leaves alone."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from backbone_maker import write_tiny_backbone
from lusscore.backbones import get_backbone
from lusscore.cohort import Cohort, write_cohort
from lusscore.features import (
    Callbacks,
    FileReport,
    extract_features,
    read_features,
    repair_cohort,
    verify_cohort,
)


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
