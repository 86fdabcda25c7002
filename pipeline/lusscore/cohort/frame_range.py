"""The stretch of a clip that a row is about: ``frame_start`` and ``frame_end``."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from itertools import pairwise
from typing import Protocol, TypeVar

from lusscore.errors import Problem

_FRAME = re.compile(r"[0-9]{1,9}")


class Stretch(Protocol):
    """What has a half-open range of frames; an end of None is the clip's."""

    @property
    def frame_start(self) -> int:
        """First frame."""

    @property
    def frame_end(self) -> int | None:
        """The frame after the last."""


_Row = TypeVar("_Row", bound=Stretch)


def read_frame_range(
    cells: Mapping[str, str], note: Callable[[str, str], None]
) -> tuple[int, int | None]:
    """Read ``frame_start`` and ``frame_end`` of a row; either may be empty or missing.

    Parameters
    ----------
    cells
        The row, stripped.
    note
        Called with column and what is wrong with it.
    """
    bounds: dict[str, int | None] = {}
    for column in ("frame_start", "frame_end"):
        cell = cells.get(column, "")
        bounds[column] = int(cell) if _FRAME.fullmatch(cell) else None
        if cell and bounds[column] is None:
            note(column, f"{cell!r} is not allowed; expected a frame number from 0 or nothing")
    start, end = bounds["frame_start"] or 0, bounds["frame_end"]
    if end is not None and end <= start:
        note("frame_end", f"{end} is not above frame_start {start}; the end is exclusive")
    return start, end


def find_overlaps(
    rows: Iterable[tuple[int, _Row]], key: Callable[[_Row], Hashable], what: str
) -> list[Problem]:
    """Find rows of one key whose frames overlap.

    Parameters
    ----------
    rows
        Pairs of line and row.
    key
        What rows must share for an overlap to be wrong.
    what
        The end of the sentence, after "the frames overlap those of line 3 of the same ".
    """
    alike: dict[Hashable, list[tuple[int, _Row]]] = {}
    for line, row in rows:
        alike.setdefault(key(row), []).append((line, row))
    problems = []
    for group in alike.values():
        group.sort(key=lambda pair: pair[1].frame_start)
        for (line_a, a), (line_b, b) in pairwise(group):
            if a.frame_end is None or b.frame_start < a.frame_end:
                line, other = max(line_a, line_b), min(line_a, line_b)
                problems.append(
                    Problem(
                        f"line {line}, column frame_start",
                        f"the frames overlap those of line {other} of the same {what}",
                    )
                )
    return problems
