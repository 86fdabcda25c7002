import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.cohort import get_protocol, protocol_names
from lusscore.cohort.zone_names import choose_protocol, find_zone


@pytest.mark.parametrize("name", protocol_names())
def test_every_zone_is_found_by_its_name_and_by_its_label(name: str) -> None:
    protocol = get_protocol(name)
    for zone in protocol.zones:
        for text in (
            zone.name,
            zone.name.lower(),
            zone.name.upper(),
            zone.label,
            zone.label.title(),
        ):
            assert find_zone(text, protocol) == zone.name
            assert find_zone(f" {text.replace(' ', '_')} ", protocol) == zone.name


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("left anterior superior", "L-ant-sup"),
        ("Ant. sup. left", "L-ant-sup"),
        ("L ant upper", "L-ant-sup"),
        ("L-ANT-SUP", "L-ant-sup"),
        ("LAntSup", "L-ant-sup"),
        ("L-L-S", "L-lat-sup"),
        ("R l i", "R-lat-inf"),
        ("l lateral lower", "L-lat-inf"),
        ("posterior lower zone, right lung", "R-post-inf"),
    ],
)
def test_usual_spellings_of_a_grid(text: str, zone: str) -> None:
    assert find_zone(text, get_protocol("lus-12")) == zone


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("l3", "L3"),
        ("R 1", "R1"),
        ("right 2", "R2"),
        ("Left upper BLUE point", "L1"),
        ("right lower blue", "R2"),
        ("PLAPS left", "L3"),
    ],
)
def test_usual_spellings_of_blue_points(text: str, zone: str) -> None:
    assert find_zone(text, get_protocol("blue-6")) == zone


UNSURE = (
    *("", "left", "anterior superior", "R7", "left right ant sup", "x", "right upper", "1", "RAS"),
    *("left anterior superior superior", "left anterior superior 2"),
)


@pytest.mark.parametrize("text", UNSURE)
def test_what_is_not_sure_is_no_zone(text: str) -> None:
    assert all(find_zone(text, get_protocol(name)) is None for name in protocol_names())


def test_the_first_protocol_that_knows_all_zones_is_chosen() -> None:
    assert choose_protocol(["left ant sup", "R-post-inf"]).name == "lus-12"
    assert choose_protocol(["left ant sup", "R-post-mid"]).name == "lus-14"
    assert choose_protocol(["R1", "l3"]).name == "blue-6"
    assert choose_protocol([]).name == "lus-12"
    assert choose_protocol(["R1", "left ant sup"]).name == "lus-12"


@given(st.text(max_size=20), st.sampled_from(protocol_names()))
def test_any_text_is_a_zone_of_the_protocol_or_none(text: str, name: str) -> None:
    assert find_zone(text, get_protocol(name)) in (None, *get_protocol(name).zone_names)
