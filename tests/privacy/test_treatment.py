import pytest

from lusscore.privacy.treatment import RedactionResult


@pytest.mark.parametrize("blanked", [True, False])
@pytest.mark.parametrize(
    ("source", "looked_at"),
    [("dicom", False), ("motion", False), ("brightness", True), ("whole", True)],
)
def test_where_the_sector_is_not_sure_somebody_must_look(
    source: str, blanked: bool, looked_at: bool
) -> None:
    assert RedactionResult.of(source, blanked=blanked).look_at_it is looked_at


def test_what_was_left_as_it_was_says_so() -> None:
    assert RedactionResult.of("motion", blanked=False) == RedactionResult.NOTHING_OUTSIDE
    assert RedactionResult.of("whole", blanked=False) == RedactionResult.NOT_BLANKED
    assert RedactionResult.of("whole", blanked=True) == RedactionResult.TEXT_BLANKED
