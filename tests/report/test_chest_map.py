import pytest

from lusscore.cohort.protocols import get_protocol, protocol_names
from lusscore.report.chest_map import lay_out


@pytest.mark.parametrize("name", protocol_names())
def test_every_zone_has_a_place_of_its_own(name):
    protocol = get_protocol(name)
    places = lay_out(protocol)
    assert [place.zone for place in places] == list(protocol.zone_names)
    assert len({(place.row, place.column) for place in places}) == len(places)
    assert min(place.row for place in places) == min(place.column for place in places) == 1


@pytest.mark.parametrize("name", protocol_names())
def test_the_patients_right_is_on_the_left(name):
    protocol = get_protocol(name)
    columns = {"right": [], "left": []}
    for zone, place in zip(protocol.zones, lay_out(protocol), strict=True):
        columns[zone.side].append(place.column)
    assert max(columns["right"]) + 1 < min(columns["left"]), "an empty column parts the sides"


def test_anterior_zones_are_towards_the_midline_and_superior_ones_above():
    places = {place.zone: place for place in lay_out(get_protocol("lus-12"))}
    assert places["R-post-sup"].column < places["R-lat-sup"].column < places["R-ant-sup"].column
    assert places["L-ant-sup"].column < places["L-lat-sup"].column < places["L-post-sup"].column
    assert places["L-ant-sup"].row < places["L-ant-inf"].row


def test_a_third_row_is_there_only_for_who_has_it():
    assert max(place.row for place in lay_out(get_protocol("lus-14"))) == 3
    assert max(place.row for place in lay_out(get_protocol("lus-12"))) == 2


def test_blue_points_stand_below_each_other():
    places = {place.zone: place for place in lay_out(get_protocol("blue-6"))}
    assert [places[zone].row for zone in ("R1", "R2", "R3")] == [1, 2, 3]
    assert {places[zone].column for zone in ("L1", "L2", "L3")} == {3}
