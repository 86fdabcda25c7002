import pytest

from lusscore.cohort import describe_rubric, get_protocol, rubric_names
from lusscore.errors import CohortError


@pytest.mark.parametrize(
    ("name", "zones", "maximum"),
    [("lus-12", 12, 36), ("lus-14", 14, 42), ("lus-8", 8, 24), ("blue-6", 6, 18)],
)
def test_a_protocol_has_its_zones_and_maximum(name: str, zones: int, maximum: int) -> None:
    protocol = get_protocol(name)
    assert len(set(protocol.zone_names)) == zones
    assert protocol.maximum == maximum
    assert sum(zone.side == "left" for zone in protocol.zones) == zones / 2


def test_lus_12_is_side_by_aspect_by_level() -> None:
    labels = {zone.label for zone in get_protocol("lus-12").zones}
    assert labels == {
        f"{side} {aspect} {level}"
        for side in ("left", "right")
        for aspect in ("anterior", "lateral", "posterior")
        for level in ("superior", "inferior")
    }


def test_every_rubric_has_a_reference() -> None:
    assert all(describe_rubric(name) for name in rubric_names())


def test_an_unknown_name_lists_those_there_are() -> None:
    with pytest.raises(
        CohortError, match=r"Unknown protocol 'x'; .* lus-12, lus-14, lus-8, blue-6"
    ):
        get_protocol("x")
    with pytest.raises(CohortError, match=r"Unknown rubric 'x'; expected one of .*soldati-2020"):
        describe_rubric("x")
