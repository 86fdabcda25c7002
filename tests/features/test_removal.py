"""Pruning deletes what nothing needs and no more."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result

from lusscore.backbones import get_backbone
from lusscore.cohort import Cohort, ExtractionSettings, FramesPolicy, write_cohort
from lusscore.errors import FeatureFileError
from lusscore.features import (
    extract_features,
    feature_file,
    find_unneeded,
    prune,
    read_features,
)

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
