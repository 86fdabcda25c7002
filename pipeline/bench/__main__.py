"""``make bench``: measure speed and memory on this machine; not part of the wheel."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from lusscore.cli import options
from lusscore.console import note, print_table, say
from lusscore.errors import LusscoreError

if TYPE_CHECKING:
    from bench import BenchRow


def _complete_suites(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    from bench import suite_names

    return [CompletionItem(name) for name in suite_names() if name.startswith(incomplete)]


@click.command("bench")
@click.argument("suites", nargs=-1, metavar="[SUITE]...", shell_complete=_complete_suites)
@options.backbone(
    "Network to measure.  [default: efficientnet_lite0, xception, resnet50, vgg16; in paper "
    "xception]"
)
@click.option(
    "--frames", type=click.IntRange(1),
    help="Frames in all, for suites that have frames.  [default: each suite's own number]",
)  # fmt: skip
@click.option(
    "--repeats", type=click.IntRange(1), default=2, show_default=True,
    help="Most measurements of the same thing; the median counts.",
)  # fmt: skip
@click.option(
    "--full", is_flag=True,
    help="In paper, measure the protocol's second experiment too instead of computing its time.",
)  # fmt: skip
@options.weights_dir
@options.results_dir
def command(
    suites: tuple[str, ...],
    backbones: tuple[str, ...],
    frames: int | None,
    repeats: int,
    full: bool,
    weights_dir: Path | None,
    results_dir: Path,
) -> None:
    """Measure this machine; print tables and write bench.json into the results folder.

    \b
    start-up   the answer to --help
    stage-one  MP4 to HDF5, beside keras.Model.predict and NumPy's matrix product
    memory     whether stage one's memory grows with the number of frames
    stage-two  cross-validation at the size of the paper
    score      an exam's clips to its report, from a cold start
    precision  bf16 beside f32: speed, embeddings, cross-validation
    scale-out  time per clip of workers and of a Dask cluster; the single writer
    paper      the paper's protocol in Keras beside features + cv

    Without a SUITE, the first five. Backbones without weights get random ones; speed does not
    depend on the values. Machines are noisy: compare ratios, which are taken within one run, and
    not the seconds of two runs.
    """
    from bench import BenchSettings, get_suites, lay_out, write_rows
    from lusscore.backbones import measure_sgemm

    chosen = get_suites(suites)
    settings = BenchSettings(
        tuple(dict.fromkeys(backbones)), frames or 0, weights_dir, repeats, full, note
    )
    path = results_dir / "bench.json"
    note("Matrix product …")
    sgemm = measure_sgemm()
    say(f"NumPy's float32 matrix product does {sgemm:.0f} GFLOP/s here.")
    measured: list[BenchRow] = []
    for suite in chosen:
        note(f"Suite {suite.name} …")
        first = len(measured)
        for row in suite.rows(settings):
            measured.append(replace(row, sgemm_gflops=row.sgemm_gflops or sgemm))
            # after every row, so that a run that is stopped leaves what it measured
            write_rows(path, measured)
        headings, cells = lay_out(measured[first:], suite.columns)
        print_table(suite.title, headings, cells)
    say(str(path))


def main() -> None:
    """Run the command; what it cannot do is one sentence and exit code 2."""
    try:
        command(prog_name="python -m bench")
    except LusscoreError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
