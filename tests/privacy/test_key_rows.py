import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.privacy.key_rows import Entry, read_rows, write_rows

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(st.binary(min_size=1), st.lists(st.tuples(TEXT, TEXT), unique=True))
def test_what_is_written_is_read(salt: bytes, names: list[tuple[str, str]]) -> None:
    entries = [
        Entry("exam", name, patient, f"E-{number}") for number, (name, patient) in enumerate(names)
    ]
    assert read_rows(write_rows(salt, entries)) == (salt, entries)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a,b\n1,2\n",
        write_rows(b"salt", [Entry("patient", "17", "", "P-A"), Entry("patient", "18", "", "P-A")]),
        write_rows(b"salt", [Entry("patient", "17")]),
        write_rows(b"salt", [Entry("person", "17", "", "P-A")]),
        write_rows(b"", []),
        write_rows(b"salt", []).replace("ONQWY5A=", "ONQWY5A"),
        write_rows(b"salt", [Entry("patient", 'a"b', "", "P-A")])[:-30],
        "".join(write_rows(b"salt", [Entry("patient", "17", "", "P-A")]).splitlines(True)[::2]),
    ],
)
def test_what_is_not_a_key_file_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no key file has|no salt"):
        read_rows(text)
