import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import h5py
import pytest

from lusscore.backbones import get_backbone
from lusscore.cohort import Cohort, write_cohort
from lusscore.features import FileStatus, cohort_status, extract_features


@pytest.fixture
def computed(make_cohort: Callable[..., Cohort], tmp_path: Path) -> Cohort:
    cohort = make_cohort(1)
    extract_features(cohort, [get_backbone("efficientnet_lite0")], tmp_path)
    return cohort


def state(cohort: Cohort, tmp_path: Path) -> FileStatus:
    (status,) = cohort_status(cohort, tmp_path)
    return status


def test_a_file_is_missing_fresh_stale_or_damaged_and_says_why(
    computed: Cohort, tmp_path: Path
) -> None:
    (missing,) = cohort_status(computed, tmp_path, ["vgg16"])
    assert (missing.state, missing.frames_done, missing.frames) == ("missing", 0, 10)

    fresh = state(computed, tmp_path)
    assert (fresh.state, fresh.frames_done, fresh.frames, fresh.why) == ("fresh", 10, 10, ())
    assert fresh.size == fresh.path.stat().st_size

    extraction = replace(computed.card.extraction, variants=1, seed=5)
    changed = replace(computed, card=replace(computed.card, extraction=extraction))
    stale = state(changed, tmp_path)
    assert stale.state == "stale"
    assert stale.why == ("variants is 2, needed 1", "augmentation seed is 0, needed 5")

    fewer = write_cohort(computed.folder, computed.card, computed.spans[:1])
    assert state(fewer, tmp_path).why == ("1 clip no longer in the manifest",)

    path = computed.clip_path(computed.clips()[0])
    path.write_bytes(computed.clip_path(computed.clips()[1]).read_bytes())
    os.utime(path, (1, 1))
    assert state(computed, tmp_path).why == ("1 clip changed on disk",)

    with h5py.File(fresh.path, "r+") as file:
        file["frames/index"][0] = 77
    assert state(computed, tmp_path).state == "damaged"

    fresh.path.write_bytes(b"nonsense")
    assert state(computed, tmp_path).state == "damaged"


def test_a_file_of_an_onnx_backbone_is_held_against_the_card(
    make_cohort: Callable[..., Cohort], tiny_backbone: Path, tmp_path: Path
) -> None:
    cohort = make_cohort(1)
    extract_features(cohort, [get_backbone(str(tiny_backbone))], tmp_path)
    assert state(cohort, tmp_path).state == "fresh"
    extraction = replace(cohort.card.extraction, rotation=1.0)
    changed = replace(cohort, card=replace(cohort.card, extraction=extraction))
    assert state(changed, tmp_path).why == ("augmentation rotation is 10.0, needed 1.0",)
