"""``lusscore backbones``: which networks there are, what they cost and where their weights are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from lusscore.backbones import BackboneSpec


@click.command("backbones")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option(
    "--weights-dir",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of <backbone>.weights.h5 files. Default: the environment's LUSSCORE_WEIGHTS.",
)
@click.option("--all", "everything", is_flag=True, help="List every backbone, not only the main.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON in place of a table.")
def command(
    names: tuple[str, ...], weights_dir: Path | None, everything: bool, as_json: bool
) -> None:
    """List backbones: input size, cost, and where their weights would be read from.

    NAME is a backbone or the path of an ONNX file; without one, the main backbones are listed.
    Nothing is downloaded.
    """
    from lusscore.backbones import MAIN_BACKBONES, backbone_names, get_backbone, locate_weights

    known = backbone_names()
    listed = names or (known if everything else MAIN_BACKBONES)
    specs = [get_backbone(name) for name in listed]
    if as_json:
        click.echo(json.dumps([_record(spec, weights_dir) for spec in specs], indent=2))
        return
    from rich.console import Console

    console = Console(highlight=False)
    console.print(_table(specs, weights_dir))
    if any(locate_weights(spec, weights_dir) is None for spec in specs):
        console.print(
            "Missing weights: Keras downloads those of its own networks when they are first "
            "needed; without a network, put the file into --weights-dir.",
            style="dim",
        )
    if not names and len(known) > len(listed):
        console.print(f"{len(known) - len(listed)} more: lusscore backbones --all", style="dim")


def _record(spec: BackboneSpec, weights_dir: Path | None) -> dict[str, object]:
    """Gather what is told of one backbone; sizes in pixels, costs as plain numbers."""
    from lusscore.backbones import locate_weights, weights_file_name

    path, origin = locate_weights(spec, weights_dir) or (None, None)
    return {
        "name": spec.name,
        "family": spec.family,
        "input_size": list(spec.input_size),
        "preprocessing": spec.preprocessing,
        "embedding_size": spec.embedding_size,
        "parameters": spec.parameters,
        "flops": spec.flops,
        "weights": None if path is None else str(path),
        "weights_origin": origin,
        "weights_file": None if spec.family == "onnx" else weights_file_name(spec),
    }


def _table(specs: list[BackboneSpec], weights_dir: Path | None) -> Table:
    """Lay backbones out for people: millions of parameters, GFLOP for one frame."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("backbone", no_wrap=True)
    for heading in ("input", "embedding", "parameters", "GFLOP"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("weights", overflow="fold")
    for spec in specs:
        height, width = spec.input_size
        table.add_row(
            spec.name,
            f"{height}×{width}",
            str(spec.embedding_size),
            f"{spec.parameters / 1e6:.1f} M",
            "?" if spec.flops is None else f"{spec.flops / 1e9:.2f}",
            _whereabouts(spec, weights_dir),
        )
    return table


def _whereabouts(spec: BackboneSpec, weights_dir: Path | None) -> Text:
    """Say where the weights are, or which file is missing."""
    from rich.text import Text

    from lusscore.backbones import locate_weights, weights_file_name

    found = locate_weights(spec, weights_dir)
    if found is None:
        return Text(f"missing: {weights_file_name(spec)}", style="yellow")
    path, origin = found
    return Text("bundled" if origin == "bundled" else str(path))
