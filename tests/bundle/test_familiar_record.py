import json
from dataclasses import fields, replace

import numpy as np
import pytest

from lusscore.bundle.bundle import Bundle
from lusscore.bundle.entries import Entries
from lusscore.bundle.familiar_record import familiar_record, take_familiar
from lusscore.bundle.refusal import Refusal


def test_it_comes_back_bit_for_bit(tiny: Bundle) -> None:
    numbers, arrays = familiar_record(tiny.familiar)
    found = take_familiar(Entries(json.loads(json.dumps(numbers))), 12, arrays)
    assert not arrays
    for entry in fields(found):
        ours, theirs = getattr(tiny.familiar, entry.name), getattr(found, entry.name)
        np.testing.assert_array_equal(theirs, ours)


def test_it_is_of_the_networks_that_are_there(tiny: Bundle) -> None:
    numbers, arrays = familiar_record(tiny.familiar)
    with pytest.raises(Refusal, match=r"have the shapes \(12,\) and \(12, 3\); expected \(24,\)"):
        take_familiar(Entries(numbers), 24, arrays)


@pytest.mark.parametrize("value", [0, -1, 1e31, float("nan")])
def test_no_distance_is_divided_by_nothing(tiny: Bundle, value: float) -> None:
    for odd in (replace(tiny.familiar, rest=value), replace(tiny.familiar, limit=value)):
        numbers, arrays = familiar_record(odd)
        with pytest.raises(Refusal, match="is not a number above 0"):
            take_familiar(Entries(numbers), 12, arrays)
