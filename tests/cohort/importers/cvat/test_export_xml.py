import socket
from pathlib import Path

import pytest

from lusscore.cohort.importers.cvat.export_xml import read_xml
from lusscore.errors import CohortError

LAUGHS = """<?xml version="1.0"?>
<!DOCTYPE annotations [
  <!ENTITY a "ha">
  <!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
  <!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
]>
<annotations><version>&c;</version></annotations>"""
OUTSIDE = """<?xml version="1.0"?>
<!DOCTYPE annotations [<!ENTITY x SYSTEM "SECRET">]>
<annotations><version>&x;</version></annotations>"""


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_elements_attributes_and_text_are_read(tmp_path: Path) -> None:
    text = (
        '<?xml version="1.0" encoding="utf-8"?>\n<annotations><a b="ü &amp; 1">x</a></annotations>'
    )
    root = read_xml(write(tmp_path / "a.xml", text))
    assert root[0].get("b") == "ü & 1"
    assert root.findtext("a") == "x"


@pytest.mark.parametrize("text", [LAUGHS, OUTSIDE, "<!DOCTYPE annotations><annotations/>"])
def test_document_types_and_their_entities_are_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    secret = write(tmp_path / "secret.txt", "secret")
    path = write(tmp_path / "a.xml", text.replace("SECRET", secret.as_uri()))
    with pytest.raises(CohortError, match="declares a document type"):
        read_xml(path)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is not complete XML"),
        ("<annotations><image>", "is not complete XML"),
        ("<annotations>&x;</annotations>", "is not complete XML"),
        ('<?xml version="1.0" encoding="none"?><annotations/>', "is not complete XML"),
        ("<html></html>", "holds <html> where <annotations> was expected"),
        ("<annotations>" + "<a>" * 100_000, "nests more than 32 elements"),
    ],
)
def test_what_is_no_export_gets_a_sentence(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(CohortError, match=words):
        read_xml(write(tmp_path / "a.xml", text))


def test_a_missing_file_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CohortError, match="cannot be read"):
        read_xml(tmp_path / "none.xml")
