from collections.abc import Callable
from pathlib import Path

import numpy as np

from bench.ready_images import read_images
from lusscore.clips import open_clip
from lusscore.cohort import Cohort
from lusscore.features import make_variants


def test_images_are_those_of_stage_one_in_the_order_of_the_manifest(
    make_cohort: Callable[..., Cohort], tmp_path: Path
) -> None:
    cohort = make_cohort(2, frames=5)
    ready = read_images(cohort, tmp_path / "features", (24, 32))
    settings = cohort.card.extraction
    expected = [
        make_variants(frame, clip.digest, settings, (24, 32))
        for clip in ready.clips
        for frame in open_clip(cohort.clip_path(clip.path))
    ]
    np.testing.assert_array_equal(ready.images, expected)
    assert ready.flat.shape == (2 * 2 * 5 * 3, 24, 32, 3)
    assert [clip.path for clip in ready.clips] == list(cohort.clips())
    np.testing.assert_array_equal(ready.index, np.tile(np.arange(5), 4))
    np.testing.assert_array_equal(ready.clip, np.repeat(np.arange(4), 5))
