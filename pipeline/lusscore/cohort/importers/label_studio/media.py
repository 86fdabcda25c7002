"""Finding the clip that a Label Studio task shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from lusscore.cohort.importers.label_studio.tasks import LabelTask
from lusscore.cohort.importers.reading.media_index import MediaIndex, path_parts
from lusscore.errors import Problem

_UPLOADED = re.compile(r"[0-9a-f]{8}-(.+)")
_LOCAL_FILES = "/data/local-files/?"


class ClipFinder:
    """Finds the clips that the tasks of an export show.

    Parameters
    ----------
    index
        The folder of the clips.
    chosen
        The field that names the clip; None for any that names a file.
    """

    def __init__(self, index: MediaIndex, chosen: str | None) -> None:
        self._index = index
        self._chosen = chosen
        self._named: dict[Path, tuple[str, str]] = {}

    def find(self, task: LabelTask, problems: list[Problem]) -> Path | None:
        """Find the clip that a task shows, or note why that cannot be done and return None."""
        chosen = self._chosen
        texts = task.data.values() if chosen is None else [task.data.get(chosen, "")]
        found: dict[Path, str] = {}
        failures = []
        for text in filter(file_name, texts):
            try:
                found.setdefault(find_upload(self._index, text), text)
            except LookupError as error:
                failures.append(str(error))
        if len(found) > 1:
            listed = ", ".join(sorted(clip.name for clip in found))
            what = f"names several clips, {listed}; say which with --column clip=FIELD"
        elif found:
            ((clip, text),) = found.items()
            what = self._check_folder(task, clip, text)
            if not what:
                return clip
        elif failures:
            what = f"{failures[0]}, or --media with the folder it is in"
        else:
            what = f"no {chosen or 'field'} names a file; say which does with --column clip=FIELD"
        problems.append(Problem(task.where, what))
        return None

    def _check_folder(self, task: LabelTask, clip: Path, text: str) -> str:
        """Say that a clip stands in for one of its name in another folder; empty if it does not."""
        folder = _folder(text)
        named, where = self._named.setdefault(clip, (folder, task.where))
        if not folder or not named or folder == named:
            return ""
        return (
            f"{clip.name!r} in {folder!r} is not there, only the one in {named!r} that {where} "
            "shows; add it, or give --media with the folder it is in"
        )


def find_upload(index: MediaIndex, reference: str) -> Path:
    """Find the clip that a path or address in a task means.

    Only as much of the path counts as agrees with the folders of the clips. If there is no clip
    of its name, what Label Studio puts before the name of an uploaded file, eight hexadecimal
    digits and a dash, is taken off, and the rest compared as Label Studio stores it.

    Raises
    ------
    LookupError
        If there is no such clip or more than one; the text says so, as a clause.
    """
    failure = LookupError(f"{reference!r} names no file")
    for parts in _paths(reference):
        uploaded = _UPLOADED.fullmatch(parts[-1])
        names = [parts[-1], uploaded[1]] if uploaded else [parts[-1]]
        for name in names:
            try:
                return index.find_end((*parts[:-1], name))
            except LookupError as error:
                failure = error
        stored = [clip for clip in index.clips if _as_stored(clip.name) in names]
        if len(stored) == 1:
            return stored[0]
    raise failure


def file_name(reference: str) -> str:
    """Return the file name in a path or address; empty when there is none with a suffix."""
    names = (parts[-1] for parts in _paths(reference))
    return next((name for name in names if Path(name).suffix), "")


def _folder(reference: str) -> str:
    """Return the folder a clip is in; empty for none and for uploads, which share one."""
    parts = next(_paths(reference), ())
    return "" if "/upload/" in reference or len(parts) < 2 else parts[-2]


def _paths(reference: str) -> Iterator[tuple[str, ...]]:
    """Yield the parts of the path in an address: as it stands, and with ``%20`` and such read."""
    try:
        address = urlsplit(reference)
    except ValueError:
        return
    if _LOCAL_FILES in reference:
        # a plus sign may be meant, or a blank
        texts = [*parse_qs(address.query).get("d", []), unquote(address.query.partition("d=")[2])]
    else:
        path = address.path if "://" in reference else reference
        texts = [path, unquote(path.split("?")[0])]
    for text in dict.fromkeys(texts):
        if parts := path_parts(text):
            yield parts


def _as_stored(name: str) -> str:
    """Return a file name as Label Studio stores it: blanks as ``_``, other marks left out."""
    return re.sub(r"[^-\w.]", "", name.strip().replace(" ", "_"))
