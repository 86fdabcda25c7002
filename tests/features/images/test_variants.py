import numpy as np

from clip_maker import moving_bar
from lusscore.clips import Frame
from lusscore.cohort import ExtractionSettings
from lusscore.features.images.variants import make_variants

FRAME = Frame(3, 0.1, moving_bar(1)[0])


def test_variant_0_is_the_clean_frame() -> None:
    some = make_variants(FRAME, "aa", ExtractionSettings(variants=2), (32, 40))
    clean = make_variants(FRAME, "aa", ExtractionSettings(variants=0), (32, 40))
    assert some.shape == (3, 32, 40, 3)
    assert clean.shape == (1, 32, 40, 3)
    np.testing.assert_array_equal(some[0], clean[0])
    assert not np.array_equal(some[1], some[0])
    assert not np.array_equal(some[1], some[2])


def test_more_variants_leave_the_first_as_they_were() -> None:
    few = make_variants(FRAME, "aa", ExtractionSettings(variants=2), (32, 32))
    many = make_variants(FRAME, "aa", ExtractionSettings(variants=5), (32, 32))
    np.testing.assert_array_equal(many[:3], few)


def test_the_decoded_frame_is_not_changed() -> None:
    before = FRAME.rgb.copy()
    make_variants(FRAME, "aa", ExtractionSettings(), (48, 64))
    np.testing.assert_array_equal(FRAME.rgb, before)
