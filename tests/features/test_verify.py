"""What verifying reads, how often, and what it leaves out."""

import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backbone_maker import write_tiny_backbone
from lusscore.backbones import get_backbone
from lusscore.cohort import Cohort, write_cohort
from lusscore.features import VerifyWatcher, extract_features, verify_cohort
from lusscore.features.file.check_file import check_file
from lusscore.features.file.feature_file import open_feature_file
from lusscore.features.file.held import read_held, rows_fit
from lusscore.features.file.layout import PlannedClip, create_layout
from lusscore.features.file.store import FeatureStore
from lusscore.features.fingerprint import fingerprint_digest


@pytest.fixture
def cohort(make_cohort: Callable[..., Cohort], tiny_backbone: Path, tmp_path: Path) -> Cohort:
    cohort = make_cohort(2)
    wide = write_tiny_backbone(tmp_path / "wide.onnx", size=32, seed=1)
    specs = [get_backbone(str(file)) for file in (tiny_backbone, wide)]
    extract_features(cohort, specs, tmp_path)
    return cohort


def test_every_file_is_verified_and_every_clip_read_once(cohort: Cohort, tmp_path: Path) -> None:
    media: list[tuple[int, int]] = []
    size: list[tuple[int, int]] = []
    watcher = VerifyWatcher(media=lambda *at: media.append(at), size=lambda *at: size.append(at))
    reports = verify_cohort(cohort, tmp_path, watcher=watcher)
    assert [report.backbone for report in reports] == ["tiny", "wide"]
    assert not any(report.findings for report in reports)
    assert media == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert size[-1] == (sum(report.size for report in reports),) * 2
    assert [done for done, _ in size] == sorted(done for done, _ in size)


def test_verifying_changes_no_feature_file(cohort: Cohort, tmp_path: Path) -> None:
    files = sorted((tmp_path / "tiny").glob("*.h5"))
    before = [(file.read_bytes(), file.stat().st_mtime_ns) for file in files]
    verify_cohort(cohort, tmp_path)
    assert [(file.read_bytes(), file.stat().st_mtime_ns) for file in files] == before


def test_only_the_backbones_asked_for_are_verified_also_aside(
    cohort: Cohort, tiny_backbone: Path, tmp_path: Path
) -> None:
    extraction = replace(cohort.card.extraction, flip=False)
    changed = write_cohort(cohort.folder, replace(cohort.card, extraction=extraction), cohort.spans)
    extract_features(changed, [get_backbone(str(tiny_backbone))], tmp_path)
    (tmp_path / "tiny" / "aside" / "tiny-damaged-1.h5").write_bytes(b"known to be damaged")
    reports = verify_cohort(changed, tmp_path, ["tiny"])
    assert [(report.backbone, report.aside) for report in reports] == [
        ("tiny", False),
        ("tiny", True),
    ]
    assert not any(report.findings for report in reports)


def test_a_file_asked_for_that_was_never_made_is_named(cohort: Cohort, tmp_path: Path) -> None:
    (report,) = verify_cohort(cohort, tmp_path, ["vgg16"])
    (finding,) = report.findings
    assert "lusscore features tiny -b vgg16" in finding.what


def test_clips_out_of_the_manifest_are_counted_and_no_damage(
    cohort: Cohort, tmp_path: Path
) -> None:
    fewer = write_cohort(cohort.folder, cohort.card, cohort.spans[1:])
    cohort.clip_path(cohort.clips()[0]).unlink()
    for report in verify_cohort(fewer, tmp_path):
        assert (report.findings, report.unlisted, report.unfinished) == ((), 1, 0)


def make_long_clip(path: Path, frames: int) -> None:
    parts: dict[str, object] = {}
    attrs = {"fingerprint": fingerprint_digest(parts), "fingerprint_parts": "{}"}
    create_layout(
        path, [PlannedClip("a.mp4", "f" * 64, np.arange(frames))], 4, 1280, "float32", attrs
    )
    block = np.ones((1000, 4, 1280), np.float32)
    with FeatureStore(path) as store:
        for start in range(0, frames, 1000):
            store.append(0, block, np.arange(start, start + 1000) / 25)
        store.commit([0])


def test_a_long_clip_is_verified_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "long.h5"
    make_long_clip(path, 10_000)
    assert path.stat().st_size > 200e6
    tracemalloc.start()
    report = check_file(path, "c", "long", None)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (report.findings, report.clips) == ((), 1)
    assert peak < 50e6


def test_a_checksum_covers_the_last_row_of_a_long_clip(tmp_path: Path) -> None:
    path = tmp_path / "long.h5"
    make_long_clip(path, 2000)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with open_feature_file(path) as file:
        (held,) = read_held(file)
        assert held.frames == 2000
        assert not rows_fit(file, held)
