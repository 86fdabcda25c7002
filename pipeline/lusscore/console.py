"""What people see on the terminal: progress with rate and time left, tables, sentences.

Progress and notes go to standard error, results to standard output, so that a pipe gets results
alone.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, Task
    from rich.text import Text

_SECONDS_BETWEEN_LINES = 30


def say(text: str) -> None:
    """Print a result to standard output."""
    import click

    click.echo(text)


def note(text: str) -> None:
    """Print a remark to standard error."""
    import click

    click.echo(text, err=True)


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table to standard output; a column named with a leading ``>`` is set right.

    Where the output is no terminal, the table is as wide as its content.
    """
    from rich.console import Console
    from rich.measure import Measurement
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        right = column.startswith(">")
        table.add_column(
            column.removeprefix(">"), justify="right" if right else "left", overflow="fold"
        )
    for row in rows:
        # Text, so that brackets in a file name are not taken for markup
        table.add_row(*(Text(cell) for cell in row))
    console = Console()
    if console.is_terminal:
        console.print(table)
    else:
        wide = Console(width=250)
        measured = Measurement.get(wide, wide.options, table).maximum
        Console(width=min(measured, wide.width)).print(table)


@contextmanager
def progress(*, shown: bool = True) -> Iterator[Progress]:
    """Show progress bars with amount, rate and time left.

    Give each task its unit: ``bars.add_task("Decoding", total=9, unit="clips")``. Where standard
    error is no terminal, a line per bar is printed every half minute instead. What is not `shown`
    prints nothing.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        """Units per second."""

        def render(self, task: Task) -> Text:
            return Text(_rate(task))

    console = Console(stderr=True)
    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
        speed_estimate_period=60,
        disable=not (shown and console.is_terminal),
    )
    with bars, _printed_lines(bars) if shown else nullcontext():
        yield bars


@contextmanager
def _printed_lines(bars: Progress) -> Iterator[None]:
    """Print how far the bars are from time to time, if they are not shown themselves."""
    if not bars.disable:
        yield
        return
    ended = threading.Event()

    def report() -> None:
        while not ended.wait(_SECONDS_BETWEEN_LINES):
            for task in bars.tasks:
                if task.total and not task.finished:
                    left = (
                        "" if task.time_remaining is None else f", {task.time_remaining:.0f} s left"
                    )
                    done = f"{task.completed:.0f}/{task.total:.0f} {task.fields['unit']}"
                    note(f"{task.description}: {done}, {_rate(task)}{left}")

    thread = threading.Thread(target=report, name="lusscore-progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _rate(task: Task) -> str:
    unit = task.fields["unit"]
    speed = task.finished_speed or task.speed
    return f"{speed:.1f} {unit}/s" if speed else f"– {unit}/s"


@contextmanager
def counter(description: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """Give a callback (done, total) that drives one progress bar.

    Yields
    ------
    callable
        Takes (done, total).
    """
    with progress() as bars:
        bar = bars.add_task(description, total=None, unit=unit)

        def update(done: int, total: int) -> None:
            bars.update(bar, completed=done, total=total)

        yield update


@contextmanager
def stop_on_ctrl_c() -> Iterator[threading.Event]:
    """Turn the first Ctrl-C into a request to stop; a second one interrupts.

    Only the main thread hears Ctrl-C.
    """
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def request(number: int, frame: object) -> None:
        stop.set()
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, request)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
