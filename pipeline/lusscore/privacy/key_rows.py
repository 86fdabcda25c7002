"""A key file as text: CSV, the salt in its first row."""

from __future__ import annotations

import base64
import binascii
import csv
import io
import unicodedata
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields

PREFIXES = {"patient": "P", "exam": "E", "clip": "C"}
"""First letters of the pseudonyms of each kind of thing."""

_SALT = "salt"
_NOTE = "keep this file secret"


@dataclass(frozen=True)
class Entry:
    """One row of a key file: a pseudonym and what it stands for.

    Attributes
    ----------
    kind
        ``"patient"``, ``"exam"`` or ``"clip"``.
    original
        What was replaced: an id, or a clip's path.
    within
        The patient an exam is of, or the cohort a clip was copied to; else empty.
    pseudonym
        What stands for it.
    digest, copy_digest
        Digests of a clip and of its finished copy; empty until the copy is finished.
    owner
        Pseudonym of the exam that the finished copy of a clip says it is of.
    treatment
        What was done to the clip, a value of :class:`lusscore.privacy.treatment.RedactionResult`;
        empty until the copy is finished.
    """

    kind: str
    original: str
    within: str = ""
    pseudonym: str = ""
    digest: str = ""
    copy_digest: str = ""
    owner: str = ""
    treatment: str = ""

    def identity(self) -> tuple[str, str, str]:
        """Return what makes two rows the same row, however their letters are composed."""
        return (
            self.kind,
            unicodedata.normalize("NFC", self.original),
            unicodedata.normalize("NFC", self.within),
        )


_COLUMNS = tuple(field.name for field in fields(Entry))


def write_rows(salt: bytes, entries: Iterable[Entry]) -> str:
    """Return the text of a key file."""
    text = io.StringIO(newline="")
    # quoted, so that a line break in a name is part of the name
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(_COLUMNS)
    # in base32, which no spreadsheet takes for a number
    writer.writerow(astuple(Entry(_SALT, _NOTE, "", base64.b32encode(salt).decode("ascii"))))
    writer.writerows(astuple(entry) for entry in entries)
    return text.getvalue()


def read_rows(text: str) -> tuple[bytes, list[Entry]]:
    """Read the text of a key file.

    Returns
    -------
    salt, entries

    Raises
    ------
    ValueError
        If it is not what :func:`write_rows` wrote.
    """
    try:
        rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        entries = [Entry(**{name: row[name] or "" for name in _COLUMNS}) for row in rows]
        salts = [base64.b32decode(entry.pseudonym) for entry in entries if entry.kind == _SALT]
    except (csv.Error, KeyError, binascii.Error) as error:
        raise ValueError(f"rows that no key file has: {error}") from None
    kept = [entry for entry in entries if entry.kind in PREFIXES]
    pseudonyms = {entry.pseudonym for entry in kept} - {""}
    if len(salts) != 1 or not salts[0] or not len(entries) - 1 == len(kept) == len(pseudonyms):
        raise ValueError("no salt, or pseudonyms missing or given twice")
    return salts[0], kept
