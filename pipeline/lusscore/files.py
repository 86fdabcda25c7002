"""Files that are whole or not there: atomic writes, and small records that carry their digest."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import secrets
import shutil
import time
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from lusscore.errors import LusscoreError, WriteError

TEMPORARY = ".tmp"
_SECONDS_UNTIL_ABANDONED = 24 * 3600
_PAUSES = (0.01, 0.05, 0.2, 0.5)


@contextmanager
def written_whole(path: Path, *, flushed: bool = True, private: bool = False) -> Iterator[BinaryIO]:
    """Write a file under a temporary name beside `path`; rename it when it is whole.

    The file that was there stays until then, and stays if anything goes wrong. A link is
    followed, and permissions are kept. What need not outlive a power cut is not `flushed` to the
    disk first; what is `private` can be read by its owner alone from the beginning.

    Yields
    ------
    binary file
        Open for reading and writing.

    Raises
    ------
    WriteError
        If the folder cannot be made, the disk is full, or the file may not be replaced.
    """
    try:
        target = path.resolve()
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".{secrets.token_hex(8)}{TEMPORARY}")
        opener = (lambda name, flags: os.open(name, flags, 0o600)) if private else None
        try:
            with open(temporary, "x+b", opener=opener) as file:
                yield file
                file.flush()
                if flushed:
                    os.fsync(file.fileno())
            if target.exists() and not private:
                shutil.copymode(target, temporary)
            _swap(temporary, target)
        except BaseException:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise WriteError(path, error) from None


def _swap(temporary: Path, target: Path) -> None:
    """Put a file in its place; Windows refuses while somebody reads the old one, so try again."""
    for pause in _PAUSES:
        try:
            temporary.replace(target)
            return
        except PermissionError:
            time.sleep(pause)
    temporary.replace(target)


def nfc(text: str) -> str:
    """Compose letters and their accents (Unicode NFC), which Macs write apart in names of files."""
    return unicodedata.normalize("NFC", text)


def same_name(text: str) -> str:
    """Return what two spellings of a name have in common: composed, without capitals."""
    return nfc(text).casefold()


def on_disk(folder: Path, written: str) -> Path:
    """Return the path in `folder` that is written so, also where it is composed otherwise."""
    path = folder / written
    if written.isascii() or os.path.lexists(path):
        return path
    found = folder
    for part in Path(written).parts:
        try:
            alike = [one for one in found.iterdir() if nfc(one.name) == nfc(part)]
        except OSError:
            return path
        if len(alike) != 1:
            return path
        found = alike[0]
    return found


def write_text(path: Path, text: str, *, private: bool = False) -> None:
    """Write text in UTF-8, whole or not at all; see :func:`written_whole`.

    Names of files may hold bytes that are no text, which become question marks.
    """
    with written_whole(path, private=private) as file:
        file.write(text.encode("utf-8", errors="replace"))


def write_texts(texts: Mapping[Path, str]) -> None:
    """Write several files that belong together: all of them, or none; see :func:`write_text`.

    Names of files that are no text are an error: the paths would lead nowhere.
    """
    with ExitStack() as stack:
        for path, text in texts.items():
            file = stack.enter_context(written_whole(path))
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())


def read_text(path: Path, error: type[LusscoreError]) -> str:
    """Read UTF-8 text, with or without a byte-order mark.

    Raises
    ------
    FileNotFoundError
        If there is no file.
    error
        If it cannot be read or is no text.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise error(
            f"it is not UTF-8 text (byte {wrong.start})", advice="save it as UTF-8", path=path
        ) from None
    except FileNotFoundError:
        raise
    except OSError as wrong:
        raise error(
            f"it cannot be read ({(wrong.strerror or 'unknown reason').lower()})",
            advice="check that it is a file and that you may open it",
            path=path,
        ) from None
    if "\0" in text:
        # no path may hold it, and a network drive fills files with it that were not written out
        raise error(
            f"it is no text from line {text[: text.index(chr(0))].count(chr(10)) + 1} on (it "
            "holds zero bytes)",
            advice="take an earlier copy, or save it as UTF-8",
            path=path,
        )
    return text


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    """Lay rows out as CSV, the header first; None becomes an empty cell."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(
        ["" if cell is None else cell for cell in row] for row in rows
    )
    return text.getvalue()


@contextmanager
def folder_written_whole(folder: Path) -> Iterator[Path]:
    """Fill a folder under a temporary name beside `folder`; put it there when it is whole.

    What was there stays until then, and stays if anything goes wrong; so does nothing of folders
    that were made above it.

    Yields
    ------
    Path
        An empty folder.

    Raises
    ------
    WriteError
        If the disk does not take it.
    """
    absent = [parent for parent in folder.parents if not parent.exists()]
    building = folder.with_name(f".{folder.name}.{secrets.token_hex(8)}{TEMPORARY}")
    replaced = building.with_suffix(f".old{TEMPORARY}")
    try:
        building.mkdir(parents=True)
        yield building
        # no folder with files in it can be replaced by another in one step
        there = folder.exists()
        if there:
            folder.rename(replaced)
        try:
            building.rename(folder)
        except BaseException:
            if there:
                replaced.rename(folder)
            raise
        shutil.rmtree(replaced, ignore_errors=True)
    except BaseException as error:
        shutil.rmtree(building, ignore_errors=True)
        with suppress(OSError):  # one that somebody else has put something into stays
            for parent in absent:
                parent.rmdir()
        if isinstance(error, OSError) and not isinstance(error, WriteError):
            raise WriteError(folder, error) from None
        raise


def sweep(folder: Path) -> None:
    """Delete what killed processes left below `folder` under temporary names a day ago or more."""
    limit = time.time() - _SECONDS_UNTIL_ABANDONED
    with suppress(OSError):
        for left in folder.rglob(f".*{TEMPORARY}"):
            with suppress(OSError):
                if left.stat().st_mtime < limit:
                    left.unlink()


def write_record(path: Path, document: Any) -> None:
    """Write JSON after a line with its SHA-256. What cannot be written is not remembered."""
    text = json.dumps(document, separators=(",", ":"))
    with suppress(OSError), written_whole(path, flushed=False) as file:
        file.write(f"{hashlib.sha256(text.encode()).hexdigest()}\n{text}\n".encode())


def read_record(path: Path) -> Any:
    """Return what :func:`write_record` wrote; None where it is missing or damaged."""
    try:
        digest, _, text = path.read_text(encoding="utf-8").partition("\n")
        text = text.removesuffix("\n")
        return json.loads(text) if hashlib.sha256(text.encode()).hexdigest() == digest else None
    except (OSError, ValueError):
        return None
