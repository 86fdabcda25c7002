"""How far feature files are, whether they are fresh, and why not."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lusscore.backbones import get_backbone
from lusscore.cohort import Cohort, write_cohort
from lusscore.features import FileStatus, RunChoice, cohort_status, extract_features


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


def test_a_damaged_file_is_told_and_hides_no_other(computed: Cohort, tmp_path: Path) -> None:
    sound = status(computed, tmp_path).path
    for content in (b"", b"nonsense", sound.read_bytes()[:-1]):
        sound.with_name("other.h5").write_bytes(content)
        other, tiny = cohort_status(computed, tmp_path)
        assert (other.state, tiny.state) == ("damaged", "fresh")
        assert other.why
