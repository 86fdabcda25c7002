"""``lusscore bench``."""

from __future__ import annotations

from pathlib import Path

import click

from lusscore.cli.places import results_dir_option
from lusscore.console import note, print_table, say


@click.command("bench")
@click.option(
    "--frames", type=click.IntRange(588), default=23_732, show_default=True,
    help="Frames of stage two; the default is the paper's number.",
)  # fmt: skip
@results_dir_option
def command(frames: int, results_dir: Path) -> None:
    """Measure this machine: the answer to --help, and stage two at the size of the paper.

    Times are of whole processes. Machines are noisy: compare the ratios, which are taken within
    one run, and not the seconds of two runs.
    """
    from lusscore.bench import bench_stage_two, bench_start_up, measure_sgemm, write_rows

    note("Matrix product …")
    sgemm = measure_sgemm()
    note("Start-up …")
    rows = [bench_start_up()]
    note("Stage two …")
    rows.append(bench_stage_two(frames))
    path = results_dir / "bench.json"
    write_rows(path, rows, sgemm)
    print_table(
        f"Speed and memory; NumPy's sgemm does {sgemm:.0f} GFLOP/s here",
        ("what", ">seconds", ">peak memory", ">times baseline", "baseline", "detail"),
        [
            (
                row.name,
                f"{row.seconds:.2f}",
                "n/a" if row.peak_memory_gb is None else f"{row.peak_memory_gb:.2f} GB",
                f"{row.ratio:.2f}",
                f"{row.baseline} ({row.baseline_seconds:.2f} s)",
                row.detail,
            )
            for row in rows
        ],
    )
    say(str(path))
