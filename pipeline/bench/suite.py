"""The registry of suites: what can be measured, at which size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from bench.report import BenchRow
from lusscore.errors import BenchError
from lusscore.registry import Registry


def _say_nothing(text: str) -> None:
    """Take a remark and drop it."""


@dataclass(frozen=True)
class BenchSettings:
    """What a suite is asked to measure.

    Attributes
    ----------
    backbones
        Names; empty for the suite's own.
    frames
        Frames in all; 0 for the suite's own number.
    weights_dir
        Folder of weights, None for the search order of the backbones room.
    repeats
        Most measurements of one thing, of which the median counts.
    full
        Measure also what is otherwise computed from what was measured.
    note
        Told what is being done.
    """

    backbones: tuple[str, ...] = ()
    frames: int = 0
    weights_dir: Path | None = None
    repeats: int = 2
    full: bool = False
    note: Callable[[str], None] = _say_nothing


Measure: TypeAlias = Callable[[BenchSettings], Iterator[BenchRow]]


@dataclass(frozen=True)
class Suite:
    """A set of measurements that belong together.

    Attributes
    ----------
    name
        As users write it.
    title
        Above its table.
    columns
        Of its table: fields of :class:`BenchRow`, or names in its `numbers`.
    measure
        Yields rows as soon as they are measured.
    frames
        Frames in all unless told otherwise; 0 where there are none.
    least_frames
        Below this number it cannot be measured.
    by_default
        Whether it belongs to those that run when none is named.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    measure: Measure
    frames: int = 0
    least_frames: int = 0
    by_default: bool = False

    def rows(self, settings: BenchSettings) -> Iterator[BenchRow]:
        """Measure."""
        if self.frames and 0 < settings.frames < self.least_frames:
            raise BenchError(
                f"The suite {self.name} needs at least {self.least_frames} frames, not "
                f"{settings.frames}; ask for more, or leave --frames out for {self.frames}."
            )
        return self.measure(replace(settings, frames=settings.frames or self.frames))


_SUITES = Registry[Suite]("suite", BenchError)


def register_suite(
    name: str,
    title: str,
    columns: tuple[str, ...],
    *,
    frames: int = 0,
    least_frames: int = 0,
    by_default: bool = False,
) -> Callable[[Measure], Measure]:
    """Decorate the function that measures a suite; see :class:`Suite`."""

    def register(measure: Measure) -> Measure:
        suite = Suite(name, title, columns, measure, frames, least_frames, by_default)
        _SUITES.register(name, suite, measure)
        return measure

    return register


def suite_names() -> tuple[str, ...]:
    """Names of all suites, in the order in which they are registered."""
    return tuple(_SUITES)


def get_suites(names: tuple[str, ...] = ()) -> tuple[Suite, ...]:
    """Return the suites of these names, or those that run when none is named."""
    if names:
        return tuple(_SUITES[name] for name in dict.fromkeys(names))
    return tuple(suite for suite in _SUITES.values() if suite.by_default)
