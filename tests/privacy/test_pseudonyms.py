import re

from hypothesis import given
from hypothesis import strategies as st

from lusscore.privacy.pseudonyms import make_pseudonym, make_salt, salted_digest

SALT = bytes(range(32))


@given(st.text())
def test_a_pseudonym_is_short_and_the_same_every_time(name: str) -> None:
    pseudonym = make_pseudonym(SALT, "P", "patient", name, taken=())
    assert re.fullmatch("P-[A-Z2-7]{6}", pseudonym)
    assert make_pseudonym(SALT, "P", "patient", name, taken=()) == pseudonym


def test_known_value() -> None:
    # HMAC-SHA256 as of RFC 2104, worked out with OpenSSL: message "patient", a zero byte, "17"
    assert salted_digest(SALT, "patient", "17").hex().startswith("aab1c0b3007377d7e10c2623")


def test_without_the_salt_nothing_follows_from_the_name() -> None:
    names = [str(number) for number in range(1000)]
    one, other = make_salt(), make_salt()
    assert len(one) == 32
    assert one != other
    assert not {make_pseudonym(one, "P", "patient", name, taken=()) for name in names} & {
        make_pseudonym(other, "P", "patient", name, taken=()) for name in names
    }


def test_what_is_taken_is_not_given_again() -> None:
    taken: set[str] = set()
    for _ in range(5):
        pseudonym = make_pseudonym(SALT, "P", "patient", "17", taken=taken)
        assert pseudonym not in taken
        taken.add(pseudonym)


def test_the_same_text_is_called_differently_as_patient_and_as_exam() -> None:
    digests = {
        salted_digest(SALT, "patient", "1"),
        salted_digest(SALT, "exam", "1"),
        salted_digest(SALT, "patient", "1", ""),
        salted_digest(SALT, "patient", ""),
    }
    assert len(digests) == 4


def test_a_name_composed_and_decomposed_is_one_name() -> None:
    assert salted_digest(SALT, "patient", "Öz") == salted_digest(SALT, "patient", "Öz")
