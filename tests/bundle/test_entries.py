from collections.abc import Callable
from typing import Any

import pytest

from lusscore.bundle.entries import Entries
from lusscore.bundle.refusal import Refusal

NO_LINES = [1, None, ["a"], "a\nb", "\x1b[2J", "\x9b2J", "a\u202eb", "a" * 1001]


@pytest.mark.parametrize(
    ("take", "good", "bad"),
    [
        (lambda e: e.text("a"), ["", "lung", "Lunge 肺"], NO_LINES),
        (lambda e: e.text("a", "x|y"), ["x", "y"], ["xy", "x\n", "", "z"]),
        (lambda e: e.number("a", 0, 1), [0, 1, 0.5], [-0.1, 1.1, True, "0.5", None, 10**400]),
        (lambda e: e.number("a", 0, 1, above=True), [1e-300, 1], [0, 0.0, -1]),
        (lambda e: e.whole("a", 1, 9), [1, 9], [0, 10, 1.0, True, "1", None, 10**400]),
        (lambda e: e.flag("a"), [True, False], [0, 1, "true", None]),
        (lambda e: e.table("a"), [{}, {"b": 1}], [[], None, "b"]),
        (lambda e: e.values("a", 1), [[1], [None, "b"]], [[], {}, "b", None, [0] * 1001]),
        (lambda e: e.texts("a"), [[], ["b"]], [[1], "b", [None]]),
        (lambda e: e.inner("a"), [{}], [[], None, 1]),
        (lambda e: list(e.each("a")), [[{}], [{}, {}]], [[], [1], [{}, None], {}]),
    ],
)  # fmt: skip
def test_values_of_another_kind_are_refused(
    take: Callable[[Entries], Any], good: list[Any], bad: list[Any]
) -> None:
    for value in good:
        take(Entries({"a": value}))
    for value in bad:
        with pytest.raises(Refusal, match=r"^bundle\.json: inner\.a") as told:
            take(Entries({"a": value}, "inner"))
        assert len(str(told.value)) < 200
        assert str(told.value).isprintable()
    with pytest.raises(Refusal, match=r"bundle\.json: a is missing"):
        take(Entries({}))


def test_what_nobody_asked_for_is_refused() -> None:
    entries = Entries({"a": 1, "b\n": 2}, "top")
    assert entries.whole("a") == 1
    with pytest.raises(Refusal, match=r"top\.'b\\n' is unknown"):
        entries.end()


def test_none_counts_only_where_it_may() -> None:
    entries = Entries({"a": None, "b": 1})
    assert entries.is_null("a")
    assert not entries.is_null("b")
    assert not entries.is_null("c")
    assert entries.whole("b") == 1
    entries.end()


def test_places_are_named_from_the_top() -> None:
    top = Entries({"a": [{"b": {"c": 1}}]})
    inner = next(top.each("a")).inner("b")
    with pytest.raises(Refusal, match=r"bundle\.json: a\[0\]\.b\.c is not the text"):
        inner.text("c")
