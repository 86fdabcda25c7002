"""Finding the clip that a Label Studio task shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from lusscore.cohort.importers.label_studio_tasks import LabelTask
from lusscore.cohort.importers.media_index import MediaIndex
from lusscore.errors import Problem

_UPLOADED = re.compile(r"[0-9a-f]{8}-(.+)")
_LOCAL_FILES = "/data/local-files/?"


def find_clip(
    task: LabelTask, index: MediaIndex, chosen: str | None, problems: list[Problem]
) -> Path | None:
    """Find the clip that a task shows, or note why that cannot be done.

    Parameters
    ----------
    task
        The task.
    index
        The folder of the clips.
    chosen
        The field that names the clip; None for any that names a file.
    problems
        Grows.
    """
    texts = task.data.values() if chosen is None else [task.data.get(chosen, "")]
    found: set[Path] = set()
    failures = []
    for text in filter(file_name, texts):
        try:
            found.add(find_upload(index, text))
        except LookupError as error:
            failures.append(str(error))
    if len(found) == 1:
        return found.pop()
    if found:
        listed = ", ".join(sorted(clip.name for clip in found))
        what = f"names several clips, {listed}; say which with --column clip=FIELD"
    elif failures:
        what = f"{failures[0]}, or --media with the folder it is in"
    else:
        what = f"no {chosen or 'field'} names a file; say which does with --column clip=FIELD"
    problems.append(Problem(task.where, what))
    return None


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
            for start in range(len(parts)):
                try:
                    return index.find("/".join((*parts[start:-1], name)))
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
        parts = text.replace("\\", "/").replace("\0", "").split("/")
        # neither upwards nor to another drive: a clip lies below the folder it is sought in
        inside = tuple(part for part in parts if part not in ("", ".", "..") and ":" not in part)
        if inside:
            yield inside


def _as_stored(name: str) -> str:
    """Return a file name as Label Studio stores it: blanks as ``_``, other marks left out."""
    return re.sub(r"[^-\w.]", "", name.strip().replace(" ", "_"))
