from collections.abc import Callable
from pathlib import Path

import numpy as np

from lusscore.backbones import get_backbone
from lusscore.cohort import Cohort
from lusscore.features import read_features
from lusscore.features.file.generate import write_generated_features


def test_a_generated_file_is_complete_and_of_the_size_asked_for(
    make_cohort: Callable[..., Cohort], tmp_path: Path
) -> None:
    spec = get_backbone("vgg16")
    for name in ("a", "b"):
        write_generated_features(tmp_path / f"{name}.h5", make_cohort(3), spec, 20, seed=1)
    features = read_features(tmp_path / "a.h5")
    assert features.embeddings.shape == (20, 3, 512)
    assert features.done.all()
    again = read_features(tmp_path / "b.h5").embeddings
    np.testing.assert_array_equal(again, features.embeddings)
