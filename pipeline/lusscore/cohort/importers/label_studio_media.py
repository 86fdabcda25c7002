"""The clips that Label Studio's tasks show: paths, addresses in buckets, and uploaded files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from lusscore.cohort.importers.label_studio_export import LabelTask
from lusscore.cohort.importers.media import MediaIndex, MissingClipError, path_parts
from lusscore.cohort.importers.registry import Import

# what is put before the name of an uploaded file
_UPLOADED = re.compile(r"[0-9a-f]{8}-(.+)")
_LOCAL_FILES = "/data/local-files/?"


class ClipFinder:
    """Finds the clips that tasks show: in the field that was chosen, else in any that names one."""

    def __init__(self, job: Import, index: MediaIndex) -> None:
        self._job = job
        self._index = index
        self._chosen = job.options.columns.get("clip")
        self._named: dict[Path, tuple[str, str]] = {}

    def find(self, task: LabelTask) -> Path | None:
        """Find the clip that a task shows, or note why that cannot be done and return None."""
        texts = task.data.values() if self._chosen is None else [task.data.get(self._chosen, "")]
        found: dict[Path, str] = {}
        failures: list[LookupError] = []
        for text in filter(_names_a_file, texts):
            try:
                found.setdefault(self._find(text), text)
            except LookupError as error:
                failures.append(error)
        if len(found) > 1:
            names = ", ".join(sorted(clip.name for clip in found))
            what = f"names several clips, {names}; choose with --column clip=FIELD"
        elif found:
            ((clip, text),) = found.items()
            what = self._stands_in(task, clip, text)
            if not what:
                return clip
        elif failures and isinstance(failures[0], MissingClipError):
            if self._job.not_here(next(filter(_names_a_file, texts))):
                return None
            what = f"{failures[0]}, or --media with the folder it is in"
        elif failures:
            what = f"{failures[0]}, or --media with the folder it is in"
        else:
            field = self._chosen or "field"
            what = f"no {field} names a file; choose one with --column clip=FIELD"
        self._job.problem(task.where, what)
        return None

    def _find(self, reference: str) -> Path:
        """Find the clip that a path or address means, also by the name of a stored upload."""
        failure = LookupError(f"{reference!r} names no file")
        for parts in _paths(reference):
            uploaded = _UPLOADED.fullmatch(parts[-1])
            names = [parts[-1], uploaded[1]] if uploaded else [parts[-1]]
            for name in names:
                try:
                    return self._index.find_end((*parts[:-1], name))
                except LookupError as error:
                    failure = error
            stored = [clip for clip in self._index.clips if _as_stored(clip.name) in names]
            if len(stored) == 1:
                return stored[0]
        raise failure

    def _stands_in(self, task: LabelTask, clip: Path, reference: str) -> str:
        """Say that a clip stands in for one of its name in another folder; empty if it does not."""
        parts = next(_paths(reference), ())
        # uploads share one folder, which says nothing
        folder = "" if "/upload/" in reference or len(parts) < 2 else parts[-2]
        named, where = self._named.setdefault(clip, (folder, task.where))
        if not folder or not named or folder == named:
            return ""
        return (
            f"{clip.name!r} in {folder!r} is not there, only the one in {named!r} that {where} "
            "shows; add it, or give --media with the folder it is in"
        )


def _names_a_file(reference: str) -> bool:
    return any(Path(parts[-1]).suffix for parts in _paths(reference))


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
