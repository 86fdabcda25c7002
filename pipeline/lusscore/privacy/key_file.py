"""The key file: the salt, and what every pseudonym stands for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from filelock import FileLock, Timeout

from lusscore.errors import PrivacyError
from lusscore.files import written_whole
from lusscore.privacy.key_rows import PREFIXES, Entry, read_rows, write_rows
from lusscore.privacy.pseudonyms import make_pseudonym, make_salt

_PATIENCE = 1.0


class KeyFile:
    """The salt and the table of pseudonyms, in memory; :meth:`save` puts them on disk.

    Parameters
    ----------
    path
        The CSV file; need not exist yet.

    Attributes
    ----------
    path
        The CSV file.
    salt
        32 bytes; random for a new key file.

    Raises
    ------
    PrivacyError
        If there is something at `path` that is not a key file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.salt = make_salt()
        self._entries: dict[tuple[str, str, str], Entry] = {}
        self._taken: set[str] = set()
        if path.exists():
            self._read()

    def entry(self, kind: str, original: str, within: str = "") -> Entry:
        """Return the row of `original`, made on the first call and the same ever after.

        Parameters
        ----------
        kind, original, within
            As in :class:`lusscore.privacy.key_rows.Entry`.
        """
        wanted = Entry(kind, original, within)
        if wanted.identity() not in self._entries:
            pseudonym = make_pseudonym(
                self.salt, PREFIXES[kind], kind, original, within, taken=self._taken
            )
            self._taken.add(pseudonym)
            self._entries[wanted.identity()] = replace(wanted, pseudonym=pseudonym)
        return self._entries[wanted.identity()]

    def pseudonym(self, kind: str, original: str, within: str = "") -> str:
        """Return what stands for `original`."""
        return self.entry(kind, original, within).pseudonym

    def put(self, entry: Entry) -> None:
        """Replace the row of what `entry` stands for; the pseudonym stays."""
        known = self.entry(entry.kind, entry.original, entry.within)
        self._entries[entry.identity()] = replace(entry, pseudonym=known.pseudonym)

    def save(self) -> None:
        """Write the file anew and swap it in, readable by its owner alone.

        Raises
        ------
        WriteError
            If it cannot be written.
        """
        text = write_rows(self.salt, self._entries.values())
        with written_whole(self.path, private=True) as file:
            file.write(text.encode("utf-8", "surrogateescape"))

    def _read(self) -> None:
        try:
            text = self.path.read_bytes().decode("utf-8-sig", "surrogateescape")
            self.salt, entries = read_rows(text)
        except OSError as error:
            raise _unusable(self.path, error) from None
        except ValueError:
            raise PrivacyError(
                f"{self.path} is not a key file of lusscore, or is damaged; expected the key file "
                "of an earlier import, or a name that is not taken for a new one."
            ) from None
        self._entries = {entry.identity(): entry for entry in entries}
        self._taken = {entry.pseudonym for entry in entries}


@contextmanager
def hold_key_file(path: Path) -> Iterator[KeyFile]:
    """Be the only one who uses a key file.

    The operating system lets go of the hold of a process that dies, however it dies.

    Raises
    ------
    PrivacyError
        If another process uses it, it is not a key file, or it cannot be read or written.
    """
    lock = FileLock(f"{path}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock.acquire(timeout=_PATIENCE, poll_interval=0.05)
    except Timeout:
        raise PrivacyError(
            f"Another lusscore process uses the key file {path}; wait until it has finished and "
            "run this again."
        ) from None
    except OSError as error:
        raise _unusable(path, error) from None
    try:
        yield KeyFile(path)
    finally:
        lock.release()


def _unusable(path: Path, error: OSError) -> PrivacyError:
    return PrivacyError(
        f"The key file {path} cannot be used ({error.strerror}); expected a place where you may "
        "read and write, so choose another one."
    )
