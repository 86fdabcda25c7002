from typing import Any

import pytest

from lusscore.cohort.importers.label_studio.tasks import Told
from lusscore.cohort.importers.label_studio.values import as_text, read_value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"choices": ["2"]}, Told("c", ("2",))),
        ({"rating": 3}, Told("c", ("3",))),
        ({"number": 2.0}, Told("c", ("2.0",))),
        ({"taxonomy": [["Score", "2"]]}, Told("c", ("2",))),
        ({"text": ["R1"]}, Told("c", ("R1",))),
        (
            {"ranges": [{"start": 3, "end": 5}], "timelinelabels": ["1"]},
            Told("c", ("1",), ((3, 5),)),
        ),
        (
            {"ranges": [{"start": 3, "end": 5}], "choices": ["1"]},
            Told("c", ("1",), ((3, 5),)),
        ),
        (
            {"start": 0.5, "end": 2, "channel": 0, "labels": ["1"]},
            Told("c", ("1",), seconds=(0.5, 2.0)),
        ),
    ],
)
def test_values_as_label_studio_writes_them(value: dict[str, Any], expected: Told) -> None:
    assert read_value("c", value) == expected


@pytest.mark.parametrize(
    "value",
    [
        {"framesCount": 9, "sequence": [], "labels": ["a"]},
        # what a box becomes where a timeline is on the same video: it has no ranges
        {"framesCount": 9, "duration": 1.0, "timelinelabels": ["2"]},
        {"x": 1.0, "y": 2.0, "width": 3.0, "height": 4.0, "choices": ["2"]},
        {"x": 1.0, "y": 2.0, "rectanglelabels": ["2"]},
        {"ranges": [], "timelinelabels": ["2"]},
        {},
    ],
)
def test_what_is_said_of_a_part_of_the_picture_says_nothing_of_the_clip(
    value: dict[str, Any],
) -> None:
    assert read_value("c", value) is None


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"choices": [{}]}, "choices holds what is neither text nor number"),
        ({"choices": None}, "neither text nor number"),
        ({"ranges": {}, "timelinelabels": ["1"]}, "ranges is no list"),
        ({"ranges": [4], "timelinelabels": ["1"]}, "has no start and end"),
        ({"ranges": [{"start": 1, "end": 2.5}], "labels": ["1"]}, "at frame numbers"),
        ({"start": "a", "end": 1, "labels": ["1"]}, "start is no number of seconds"),
        ({"start": 0, "end": float("nan"), "labels": ["1"]}, "end is no number of seconds"),
        ({"start": 0, "end": 10**400, "labels": ["1"]}, "end is no number of seconds"),
    ],
)
def test_other_values_are_refused_in_words(value: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_value("c", value)


def test_only_texts_and_numbers_are_text() -> None:
    assert [as_text(value) for value in (" a ", 1, 2.5)] == ["a", "1", "2.5"]
    assert [as_text(value) for value in (None, True, [], {}, 10**5000)] == [None] * 5
