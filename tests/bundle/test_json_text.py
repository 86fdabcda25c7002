from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.bundle.json_text import read_json, write_json
from lusscore.bundle.refusal import Refusal

TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=5)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_what_is_written_is_read_and_written_the_same(document: dict[str, Any]) -> None:
    data = write_json(document, "a.json")
    found = read_json(data, "a.json")
    assert found == document
    assert list(found) == list(document)
    assert write_json(found, "a.json") == data


def test_numbers_of_numpy_are_numbers() -> None:
    data = write_json({"a": np.float32(0.5), "b": np.int64(3), "c": [np.bool_(True)]}, "a.json")
    assert read_json(data, "a.json") == {"a": 0.5, "b": 3, "c": [True]}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), b"1", {1, 2}, object(), "\ud800"])
def test_what_json_has_not_is_not_written(value: object) -> None:
    with pytest.raises(Refusal, match=r"a\.json cannot hold a value"):
        write_json({"a": value}, "a.json")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "1",
        '{"a": 1} {"a": 1}',
        '{"a": 1, "a": 2}',
        '{"a": {"b": 1, "b": 1}}',
        '{"a": NaN}',
        '{"a": Infinity}',
        '{"a": 1e999}',
        '{"a": "\\ud800"}',
        '{"\\ud800": 1}',
        '{"a": "\\u001b[2J"}',
        '{"a": ["\\u0000"]}',
        '{"a": "\\u007f"}',
        "{'a': 1}",
        '{"a": ' + "[" * 50 + "]" * 50 + "}",
        '{"a": ' + "[" * 100_000,
        '{"a": ' + "9" * 100_000 + "}",
        '\ufeff{"a": 1}',
    ],
)
def test_what_the_standard_leaves_open_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match=r"a\.json is not (the JSON that|a JSON object)") as told:
        read_json(text.encode(), "a.json")
    assert len(str(told.value)) < 300
    assert str(told.value).isprintable()


def test_other_encodings_and_too_much_are_refused() -> None:
    for data in ('{"a": "ö"}'.encode("latin-1"), '{"a": 1}'.encode("utf-16"), b" " * 3 * 1024**2):
        with pytest.raises(Refusal, match=r"a\.json is not the JSON"):
            read_json(data, "a.json")


def test_lines_and_letters_of_any_language_are_text() -> None:
    document = {"Zitat": "Zeile\nZeile\tEnde", "名前": "肺"}
    assert read_json(write_json(document, "a.json"), "a.json") == document
