from __future__ import annotations

from itertools import combinations

import pytest

from lusscore.cohort.protocols import get_protocol, protocol_names
from lusscore.errors import CohortError
from lusscore.web.pages import HEIGHT, WIDTH, chest_layout


@pytest.mark.parametrize("protocol", protocol_names())
def test_every_zone_has_a_place_of_its_own_on_its_side_of_the_chest(protocol: str) -> None:
    boxes = chest_layout(protocol)
    assert [box["zone"] for box in boxes] == list(get_protocol(protocol).zone_names)
    for box in boxes:
        left, right = box["x"], box["x"] + box["width"]
        assert left >= 0
        assert right <= WIDTH
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= HEIGHT
        # as on a radiograph the patient's right is on the left
        assert right < WIDTH / 2 if box["side"] == "right" else left > WIDTH / 2
    for one, other in combinations(boxes, 2):
        apart = (
            one["x"] + one["width"] <= other["x"]
            or other["x"] + other["width"] <= one["x"]
            or one["y"] + one["height"] <= other["y"]
            or other["y"] + other["height"] <= one["y"]
        )
        assert apart, (one, other)


@pytest.mark.parametrize("protocol", protocol_names())
def test_both_sides_mirror_each_other(protocol: str) -> None:
    boxes = {box["zone"]: box for box in chest_layout(protocol)}
    for zone, box in boxes.items():
        mirrored = boxes[("L" if zone[0] == "R" else "R") + zone[1:]]
        assert mirrored["x"] == pytest.approx(WIDTH - box["x"] - box["width"], abs=0.02)
        assert mirrored["y"] == box["y"]


def test_anterior_zones_lie_at_the_midline_and_posterior_ones_outside() -> None:
    boxes = {box["zone"]: box for box in chest_layout("lus-12")}
    assert boxes["L-ant-sup"]["x"] < boxes["L-lat-sup"]["x"] < boxes["L-post-sup"]["x"]
    assert boxes["R-ant-sup"]["x"] > boxes["R-lat-sup"]["x"] > boxes["R-post-sup"]["x"]
    assert boxes["R-ant-sup"]["y"] < boxes["R-ant-inf"]["y"]
    points = {box["zone"]: box for box in chest_layout("blue-6")}
    assert points["L1"]["y"] < points["L2"]["y"] < points["L3"]["y"]
    assert points["L1"]["x"] < points["L2"]["x"] < points["L3"]["x"]


def test_an_unknown_protocol_is_refused() -> None:
    with pytest.raises(CohortError):
        chest_layout("lus-99")
