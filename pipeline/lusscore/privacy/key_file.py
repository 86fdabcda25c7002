"""The key file: the salt, and what every pseudonym stands for."""

from __future__ import annotations

import base64
import csv
import hashlib
import hmac
import io
import os
import secrets
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields, replace
from itertools import count
from pathlib import Path

from filelock import FileLock, Timeout

from lusscore.errors import PrivacyError
from lusscore.files import written_whole

_PREFIXES = {"patient": "P", "exam": "E", "clip": "C"}
_LENGTH = 6  # letters of a pseudonym: 30 bits, so that a collision is rare and a name stays short
_SECONDS_TO_WAIT = 1.0


@dataclass(frozen=True)
class Entry:
    """One row of a key file: a pseudonym and what it stands for.

    The last four are of a clip's copy, and empty until that is finished.
    """

    kind: str  # "patient", "exam" or "clip"
    original: str  # an id, or a clip's path
    within: str = ""  # the patient an exam is of, or the cohort a clip was copied to
    pseudonym: str = ""
    digest: str = ""  # of the clip
    copy_digest: str = ""
    owner: str = ""  # pseudonym of the exam that the copy says it is of
    treatment: str = ""  # value of the copy's RedactionResult

    def identity(self) -> tuple[str, str, str]:
        """Return what makes two rows the same row, however their letters are composed."""
        return self.kind, _composed(self.original), _composed(self.within)


_COLUMNS = tuple(field.name for field in fields(Entry))


class KeyFile:
    """The salt and the table of pseudonyms, in memory; :meth:`save` puts them on disk.

    Raises PrivacyError if there is something at `path` that is not a key file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._salt = secrets.token_bytes(32)
        self._entries: dict[tuple[str, str, str], Entry] = {}
        if path.exists():
            self._read()
        self._taken = {entry.pseudonym for entry in self._entries.values()}

    def entry(self, kind: str, original: str, within: str = "") -> Entry:
        """Return the row of `original`, made on the first call and the same ever after."""
        wanted = Entry(kind, original, within)
        if wanted.identity() not in self._entries:
            pseudonym = self._make_pseudonym(wanted)
            self._taken.add(pseudonym)
            self._entries[wanted.identity()] = replace(wanted, pseudonym=pseudonym)
        return self._entries[wanted.identity()]

    def pseudonym(self, kind: str, original: str, within: str = "") -> str:
        """Return what stands for `original`."""
        return self.entry(kind, original, within).pseudonym

    def put(self, entry: Entry) -> None:
        """Replace the row of what `entry` stands for; the pseudonym stays."""
        known = self.pseudonym(entry.kind, entry.original, entry.within)
        self._entries[entry.identity()] = replace(entry, pseudonym=known)

    def digest(self, kind: str, *parts: str) -> bytes:
        """Return the HMAC-SHA256 of a name under the salt, 32 bytes.

        The same text names different things of different kinds. Ways to write the same letters in
        Unicode count as one, since a folder is spelled differently on different systems.
        """
        message = "\0".join((kind, *map(_composed, parts))).encode("utf-8", "surrogateescape")
        return hmac.new(self._salt, message, hashlib.sha256).digest()

    def save(self) -> None:
        """Write the file anew and swap it in, readable by its owner alone; raise WriteError."""
        text = io.StringIO(newline="")
        # quoted, so that a line break in a name is part of the name
        writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writerow(_COLUMNS)
        # in base32, which no spreadsheet takes for a number
        salt = base64.b32encode(self._salt).decode("ascii")
        writer.writerow(astuple(Entry("salt", "keep this file secret", "", salt)))
        writer.writerows(astuple(entry) for entry in self._entries.values())
        with written_whole(self.path, private=True) as file:
            file.write(text.getvalue().encode("utf-8", "surrogateescape"))

    def _make_pseudonym(self, entry: Entry) -> str:
        """Return a pseudonym such as ``P-7K2QXA`` that is not yet taken."""
        for attempt in count():
            again = (str(attempt),) if attempt else ()
            digest = self.digest(entry.kind, entry.original, entry.within, *again)
            letters = base64.b32encode(digest).decode("ascii")[:_LENGTH]
            pseudonym = f"{_PREFIXES[entry.kind]}-{letters}"
            if pseudonym not in self._taken:
                return pseudonym
        raise AssertionError

    def _read(self) -> None:
        try:
            text = self.path.read_bytes().decode("utf-8-sig", "surrogateescape")
            rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
            entries = [Entry(**{name: row[name] or "" for name in _COLUMNS}) for row in rows]
            salts = [base64.b32decode(one.pseudonym) for one in entries if one.kind == "salt"]
        except OSError as error:
            raise _unusable(self.path, error) from None
        except (csv.Error, KeyError, ValueError):
            raise self._damaged() from None
        kept = [entry for entry in entries if entry.kind in _PREFIXES]
        pseudonyms = {entry.pseudonym for entry in kept} - {""}
        if len(salts) != 1 or not salts[0] or not len(entries) - 1 == len(kept) == len(pseudonyms):
            raise self._damaged()
        self._salt = salts[0]
        self._entries = {entry.identity(): entry for entry in kept}

    def _damaged(self) -> PrivacyError:
        return PrivacyError(
            "it is not a key file of lusscore, or is damaged; expected the key file of an earlier "
            "import, or a name that is not taken for a new one",
            path=self.path,
        )


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


@contextmanager
def hold_key_file(key_file: Path, folder: Path) -> Iterator[KeyFile]:
    """Be the only one who uses a key file; the hold of a process that dies ends with it.

    Raises PrivacyError if another process uses it, it is not a key file, it cannot be read or
    written, or it lies in the cohort's `folder` or the data folder around it, which are shared.
    """
    path = _place(key_file, folder)
    lock = FileLock(f"{path}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock.acquire(timeout=_SECONDS_TO_WAIT, poll_interval=0.05)
    except Timeout:
        raise PrivacyError(
            "another lusscore process uses this key file",
            advice="wait until it has finished and run this again",
            path=path,
        ) from None
    except OSError as error:
        raise _unusable(path, error) from None
    try:
        yield KeyFile(path)
    finally:
        lock.release()


def _place(key_file: Path, folder: Path) -> Path:
    """Return where a key file lies, links followed: never beside what it is to protect."""
    place, cohort = key_file.expanduser().resolve(), folder.resolve()
    for home, name in ((cohort, "cohort folder"), (cohort.parent, "data folder")):
        if home == place or home in place.parents:
            raise PrivacyError(
                f"the key file lies inside the {name}, and whoever gets a copy of that would get "
                "the patients' names too",
                advice="keep it elsewhere, readable by you alone",
                path=key_file,
            )
    if os.path.isdir(place):  # noqa: PTH112  false, and no error, where nobody may look
        raise PrivacyError(
            "this is a folder; expected the name of a key file, such as key.csv in it",
            path=key_file,
        )
    return place


def _unusable(path: Path, error: OSError) -> PrivacyError:
    return PrivacyError(
        f"the key file cannot be used ({error.strerror}); expected a place where you may read and "
        "write",
        advice="choose another one",
        path=path,
    )
