from collections.abc import Callable
from pathlib import Path

import h5py
import pytest

from lusscore.backbones import get_backbone
from lusscore.cohort import Cohort, ExtractionSettings
from lusscore.errors import FeatureFileError
from lusscore.features import extract_features, fingerprint_parts, read_features


@pytest.fixture
def path(make_cohort: Callable[..., Cohort], tiny_backbone: Path, tmp_path: Path) -> Path:
    (outcome,) = extract_features(make_cohort(1), [get_backbone(str(tiny_backbone))], tmp_path)
    return outcome.path


def test_a_file_tells_where_it_comes_from(path: Path) -> None:
    features = read_features(path)
    assert features.backbone == "tiny"
    assert features.attrs["engine"].startswith("openvino (openvino 20")
    assert len(features.attrs["fingerprint"]) == 64
    assert features.parts["variants"] == 2


def test_a_file_of_other_settings_is_refused_with_the_part_and_the_mend(
    path: Path, tiny_backbone: Path
) -> None:
    spec = get_backbone(str(tiny_backbone))
    needed = fingerprint_parts(spec, None, ExtractionSettings(variants=5))
    with pytest.raises(FeatureFileError) as caught:
        read_features(path, needed)
    assert "variants is 2, needed 5" in str(caught.value)
    assert "Run 'lusscore features tiny --backbone tiny'" in str(caught.value)


def test_a_flipped_bit_is_never_served(path: Path) -> None:
    with h5py.File(path) as file:
        offset = file["embeddings"].id.get_offset()
    data = bytearray(path.read_bytes())
    data[offset + 7] ^= 1
    path.write_bytes(data)
    with pytest.raises(FeatureFileError, match=r"clip 'clips/p0_R1.mp4' does not match"):
        read_features(path)
