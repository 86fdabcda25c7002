import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lusscore.bundle.arrays import Arrays
from lusscore.bundle.bundle import Bundle
from lusscore.bundle.entries import Entries
from lusscore.bundle.member_record import member_record, take_member
from lusscore.bundle.refusal import Refusal
from lusscore.errors import HeadError


def taken(tiny: Bundle, number: int = 0) -> tuple[dict[str, Any], Arrays]:
    record, arrays = member_record(tiny.members[0], number)
    return json.loads(json.dumps(record)), arrays


def test_a_head_comes_back_and_takes_its_arrays_with_it(tiny: Bundle) -> None:
    record, arrays = taken(tiny, 3)
    assert record["arrays"] == "head3."
    assert all(name.startswith("head3.") for name in arrays)
    others: Arrays = {"head30.coef": np.ones(1), "familiar.mean": np.ones(1)}
    arrays |= others
    found = take_member(Entries(record), 3, tiny.networks, arrays)
    assert arrays.keys() == others.keys()
    assert (found.name, found.features) == ("logistic", tiny.members[0].features)
    frames = np.random.default_rng(0).normal(size=(9, 12))
    np.testing.assert_array_equal(
        found.head.predict_proba(frames), tiny.members[0].head.predict_proba(frames)
    )


def test_settings_that_were_not_kept_are_told_with_their_defaults(tiny: Bundle) -> None:
    record, arrays = taken(tiny)
    del record["settings"]["pooling"]
    found = take_member(Entries(record), 0, tiny.networks, arrays)
    assert found.settings == tiny.members[0].settings


def test_what_is_wrong_is_said_without_the_advice_of_another_room(tiny: Bundle) -> None:
    record, arrays = taken(tiny)
    del arrays["head0.coef"]
    with pytest.raises(Refusal) as told:
        take_member(Entries(record), 0, tiny.networks, arrays)
    assert str(told.value) == (
        "the head head0 cannot be restored (The kept head logistic lacks its array coef)"
    )


def test_a_head_under_another_name_is_not_kept(tiny: Bundle) -> None:
    with pytest.raises(HeadError, match="cannot be kept as the head ordinal"):
        member_record(replace(tiny.members[0], name="ordinal"), 0)
