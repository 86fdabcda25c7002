"""The registry of clip readers: one file each, chosen by what the path is."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from lusscore.clips.frame import ClipFacts, Frame, Region
from lusscore.errors import ClipError
from lusscore.registry import Registry


class ClipReader(Protocol):
    """What can open one kind of clip.

    Attributes
    ----------
    kind
        Word for this kind of clip in messages, e.g. ``"video"``.
    suffixes
        Suffixes that are this kind's alone, in lower case with their dot.
    """

    kind: str
    suffixes: tuple[str, ...]

    def accepts(self, path: Path) -> bool:
        """Tell whether `path` is this kind of clip.

        By its name alone, by being a folder, or by its first bytes where no reader knows its
        suffix.
        """

    def times(self, path: Path) -> Iterator[float]:
        """Yield the time in seconds of each frame that can be decoded, or raise ClipError.

        NaN where the clip has no clock; at least one frame.
        """

    def frames(self, path: Path, only: Container[int] | None) -> Iterator[Frame]:
        """Yield the frames numbered in `only` (all if None) in order, or raise ClipError."""

    def facts(self, path: Path) -> ClipFacts:
        """Read what the clip says of itself, decoding one frame at most, or raise ClipError."""

    def regions(self, path: Path) -> tuple[Region, ...]:
        """Return the regions that the clip declares, as in its facts; mostly there are none."""


_READERS = Registry[ClipReader]("reader", ClipError)


@contextmanager
def naming(path: Path, where: str = "") -> Iterator[None]:
    """Give errors the clip's path: what reads its bytes says what is wrong and not of what."""
    try:
        yield
    except ClipError as error:
        if error.path is None:
            error.path, error.where = path, where
        raise


def register_reader(reader: Callable[[], ClipReader]) -> Callable[[], ClipReader]:
    """Register a reader class under its kind.

    Raises
    ------
    ClipError
        If the kind is taken.
    """
    instance = reader()
    _READERS.register(instance.kind, instance, reader)
    return reader


def registered_readers() -> tuple[ClipReader, ...]:
    """All readers in the order of registration."""
    return tuple(_READERS.values())


def has_known_suffix(path: Path) -> bool:
    """Tell whether a suffix belongs to some reader."""
    suffix = path.suffix.lower()
    return any(suffix in reader.suffixes for reader in registered_readers())
