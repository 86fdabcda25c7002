from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from lusscore.web.shown_name import shown_name


@given(st.text())
def test_a_name_is_one_short_line_of_text(name: str) -> None:
    shown = shown_name(quote(name, errors="replace"))
    assert 0 < len(shown) <= 160
    assert "\n" not in shown
    assert "\x00" not in shown
    assert "\u202e" not in shown


def test_a_usual_name_stays() -> None:
    assert shown_name(quote("Übung 1/R1 – zweite.mp4")) == "Übung 1/R1 – zweite.mp4"


def test_the_end_of_a_long_name_is_kept_for_it_tells_the_kind() -> None:
    assert shown_name("a" * 500 + "/R1.mp4").endswith("/R1.mp4")


def test_what_is_not_text_is_no_error() -> None:
    assert shown_name("%ff%fe%00") == "\ufffd\ufffd"
    assert shown_name("") == shown_name("%0a") == "unnamed"
