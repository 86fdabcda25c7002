import uuid
from collections.abc import Callable
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.cohort import Zone, get_protocol, protocol_names, read_name, sides_in, zone_in_name
from lusscore.cohort.zone_names import choose_protocol, find_zone

Zoned = tuple[str, Zone]
Case = Callable[[str], str]
ZONES = [(name, zone) for name in protocol_names() for zone in get_protocol(name).zones]
CASES = (str, str.lower, str.upper, str.title)
GRID, BLUE = get_protocol("lus-12"), get_protocol("blue-6")


@pytest.mark.parametrize("name", protocol_names())
def test_every_zone_is_found_by_its_name_and_by_its_label(name: str) -> None:
    protocol = get_protocol(name)
    for zone in protocol.zones:
        for text in (*(case(zone.name) for case in CASES[:3]), zone.label, zone.label.title()):
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
        ("l3", "L3"),
        ("R 1", "R1"),
        ("right 2", "R2"),
        ("Left upper BLUE point", "L1"),
        ("right lower blue", "R2"),
        ("PLAPS left", "L3"),
    ],
)
def test_usual_spellings(text: str, zone: str) -> None:
    assert find_zone(text, GRID if "-" in zone else BLUE) == zone


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


@given(
    st.sampled_from(ZONES),
    st.sampled_from(" _-."),
    st.sampled_from(CASES),
    st.sampled_from(["", "patient_3_", "exam-2026-01-02 ", "20260102T101500_", "IM 0007 "]),
    st.sampled_from(["", "_2", " (2)", "-2", " deep", "_2026_01_31", "_v2"]),
    st.booleans(),
)
def test_every_zone_is_found_among_other_words(
    zoned: Zoned, separator: str, case: Case, before: str, after: str, named: bool
) -> None:
    name, zone = zoned
    words = zone.name.split("-") if named else zone.label.split()
    text = f"{before}{case(separator.join(words))}{after}"
    assert zone_in_name(text, get_protocol(name)) == zone.name


@pytest.mark.parametrize(
    "name",
    [
        "L3-12A_0001",
        "GE L2-9 lung",
        "l2-9",
        "L3.5MHz",
        "L2.1",
        "Lumify L1.3.0 clip",
    ],
)
def test_names_of_probes_frequencies_and_versions_are_no_zones(name: str) -> None:
    assert zone_in_name(name, BLUE) is None
    assert zone_in_name(f"R2 {name}", BLUE) == "R2"


@given(st.sampled_from(BLUE.zone_names), st.sampled_from(" _-"), st.sampled_from(CASES))
def test_side_and_number_may_be_parted(zone: str, separator: str, case: Case) -> None:
    text = case(separator.join(("clip", *zone, "2")))
    assert zone_in_name(text, BLUE) == zone


@given(st.sampled_from(ZONES), st.sampled_from(ZONES))
def test_two_zones_in_one_name_are_unclear(one: Zoned, other: Zoned) -> None:
    if one[0] == other[0] and one != other:
        reading = read_name(f"{one[1].name}_{other[1].name}", get_protocol(one[0]))
        assert reading.zone is None
        assert reading.unclear


@given(
    st.one_of(
        st.uuids().map(str),
        st.uuids().map(lambda value: value.hex),
        st.uuids().map(lambda value: str(value).upper()),
        st.binary(max_size=40).map(bytes.hex),
        st.datetimes(datetime(1990, 1, 1), datetime(2089, 1, 1)).flatmap(
            lambda when: st.sampled_from(
                [
                    when.strftime(form)
                    for form in (
                        *("%Y-%m-%d", "%Y%m%d_%H%M%S", "%d.%m.%Y", "%d-%m-%y", "%d %b %Y"),
                        *("R-%Y-%m-%d", "L_%d_%m_%Y", "R %d %B %Y", "l-%d-%m-%y", "L %H.%M.%S"),
                    )
                ]
            )
        ),
        st.integers(0, 10**20).map(lambda number: f"1.2.840.113619.{number}"),
    ),
    st.sampled_from(protocol_names()),
)
def test_identifiers_and_dates_are_no_zones(text: str, name: str) -> None:
    assert zone_in_name(text, get_protocol(name)) is None


@given(st.text(max_size=30), st.sampled_from(protocol_names()))
def test_any_text_gives_a_zone_of_the_protocol_or_none(text: str, name: str) -> None:
    protocol = get_protocol(name)
    assert {zone_in_name(text, protocol), find_zone(text, protocol)} <= {None, *protocol.zone_names}


@pytest.mark.parametrize(
    "date",
    [
        *("2026-01-31", "2026_1_3", "31.01.2026", "3.1.26", "10-15-00", "31 Jan", "31jan"),
        *("January 31", "Dec-3"),
    ],
)
def test_dates_and_times_beside_a_zone_are_passed_over(date: str) -> None:
    for text in (f"clip {date}_L1", f"L1_{date}", f"{date} L1 {date}"):
        assert zone_in_name(text, BLUE) == "L1"


@pytest.mark.parametrize(
    "day", ["2-1-26", "1.2.2026", "2026 1 2", "2_1_2026", "1 Jan 2026", "2jan"]
)
def test_the_day_behind_a_side_is_no_blue_point(day: str) -> None:
    for before in ("R ", "L_", "r-"):
        assert zone_in_name(before + day, BLUE) is None


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("RAS", "R-ant-sup"),
        ("las", "L-ant-sup"),
        ("LLI_2", "L-lat-inf"),
        ("patient_3_RPI2", "R-post-inf"),
        ("R-L-S", "R-lat-sup"),
        ("l l s", "L-lat-sup"),
        ("case 12 L_P_I", "L-post-inf"),
    ],
)
def test_three_letters_are_a_zone(text: str, zone: str) -> None:
    assert zone_in_name(text, GRID) == zone


@pytest.mark.parametrize(
    "text",
    [
        *("RAI_ANITA_1", "LAI WEI", "Rai", "Lai_2", "anna R A S", "las vegas", "RAS1000", "ARS"),
        *("RAT", "SAR", "RALS", "R-A", "ant sup", "R anterior"),
    ],
)
def test_names_of_people_and_halves_of_zones_are_none(text: str) -> None:
    assert zone_in_name(text, GRID) is None
    assert not read_name(text, GRID).unclear


@pytest.mark.parametrize("text", ["left_2", "right 1", "left2", "L", "R1a", "XR1", "L12", "L1st"])
def test_what_may_be_a_repeat_or_a_longer_word_is_no_blue_point(text: str) -> None:
    assert zone_in_name(text, BLUE) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("L_R1", "blue-6"),
        ("left R-ant-sup", "lus-12"),
        ("R-ant-sup posterior", "lus-12"),
        ("R_ant_sup_inf", "lus-12"),
        ("RAS_LAI", "lus-12"),
        ("R-ant-sup mid", "lus-12"),
        ("L R-ant-sup", "lus-12"),
    ],
)
def test_a_zone_beside_another_side_aspect_or_level_is_unclear(text: str, name: str) -> None:
    assert read_name(text, get_protocol(name)).unclear


def test_the_same_zone_twice_is_clear() -> None:
    assert zone_in_name("right R-ant-sup (superior)", GRID) == "R-ant-sup"
    assert zone_in_name("L1_L1", BLUE) == "L1"
    assert zone_in_name("R1 lateral", BLUE) == "R1"
    assert zone_in_name("p R-ant-sup deep", GRID) == "R-ant-sup"


def test_numbers_beside_a_side_are_read() -> None:
    assert read_name("patient_3_L2_5", BLUE).number == 2
    assert read_name("R_6", BLUE).number == 6
    assert read_name("R-ant-sup_6", BLUE).number == 0
    assert read_name(f"ward {uuid.UUID(int=5)}", BLUE).number == 0


def test_words_of_several_lines_may_form_a_zone_of_words_but_not_of_a_number() -> None:
    assert zone_in_name("left\nanterior\nsup_2", GRID) == "L-ant-sup"
    assert zone_in_name("L\n1", BLUE) is None


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("Left lung structure", {"left"}),
        ("R and L", {"left", "right"}),
        ("lt_ant", {"left"}),
        ("lung r2", set()),
    ],
)
def test_sides_in_a_text(text: str, sides: set[str]) -> None:
    assert sides_in(text) == sides


def test_only_the_beginning_of_an_endless_text_is_read() -> None:
    assert zone_in_name("x " * 300 + "R-ant-sup", GRID) is None
    assert zone_in_name("anterior " * 100_000, GRID) is None
