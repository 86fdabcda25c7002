"""The registry of clip readers: one file each, chosen by what the path is."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from pathlib import Path
from typing import Protocol

from lusscore.clips.facts import ClipFacts
from lusscore.clips.frame import Frame


class ClipReader(Protocol):
    """What can open one kind of clip.

    Attributes
    ----------
    kind
        Word for this kind of clip in messages, e.g. ``"video"``.
    """

    kind: str

    def accepts(self, path: Path) -> bool:
        """Tell whether `path`, by its name alone or by being a folder, is this kind of clip."""

    def count(self, path: Path) -> int:
        """Return the number of frames that can be decoded, at least 1, or raise ClipError."""

    def frames(self, path: Path, only: Container[int] | None) -> Iterator[Frame]:
        """Yield the frames numbered in `only` (all if None) in order, or raise ClipError."""

    def facts(self, path: Path) -> ClipFacts:
        """Read what the clip says of itself, without decoding it, or raise ClipError."""


_READERS: dict[str, ClipReader] = {}


def register_reader(reader: Callable[[], ClipReader]) -> Callable[[], ClipReader]:
    """Register a reader class under its kind.

    Raises
    ------
    ValueError
        If the kind is taken.
    """
    instance = reader()
    if instance.kind in _READERS:
        raise ValueError(f"a reader of kind {instance.kind!r} is registered already")
    _READERS[instance.kind] = instance
    return reader


def registered_readers() -> tuple[ClipReader, ...]:
    """All readers in the order of registration."""
    return tuple(_READERS.values())
