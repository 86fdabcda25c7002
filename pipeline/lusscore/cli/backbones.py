"""``lusscore backbones``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lusscore.cli import options
from lusscore.console import note, print_table, say

if TYPE_CHECKING:
    from lusscore.backbones import BackboneSpec

_FACTS = (
    "name", "family", "input_size", "preprocessing", "embedding_size", "parameters", "flops",
)  # fmt: skip


@click.command("backbones")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option(
    "--weights-dir", type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of <backbone>.weights.h5 files.  [default: LUSSCORE_WEIGHTS]",
)  # fmt: skip
@click.option("--all", "everything", is_flag=True, help="List every backbone, not only the main.")
@options.as_json
def command(
    names: tuple[str, ...], weights_dir: Path | None, everything: bool, as_json: bool
) -> None:
    """List backbones: input size, cost, and where their weights would be read from.

    NAME is a backbone or the path of an ONNX file; without one, the main backbones are listed.
    Nothing is downloaded.
    """
    from lusscore.backbones import MAIN_BACKBONES, backbone_names, get_backbone

    if weights_dir is not None and not weights_dir.is_dir():
        raise click.BadParameter(f"there is no folder {weights_dir}.", param_hint="--weights-dir")
    known = backbone_names()
    shown = names or (known if everything else MAIN_BACKBONES)
    records = [_record(get_backbone(name), weights_dir) for name in shown]
    if as_json:
        say(json.dumps(records, indent=2))
        return
    print_table(
        "Backbones",
        ("backbone", ">input", ">embedding", ">parameters", ">GFLOP", "weights"),
        [_row(record) for record in records],
    )
    if any(record["weights"] is None for record in records):
        note(
            "Missing weights: Keras downloads those of its own networks when they are first "
            "needed; without a network, put the file into --weights-dir."
        )
    if not names and len(known) > len(shown):
        note(f"{len(known) - len(shown)} more: lusscore backbones --all")


def _record(spec: BackboneSpec, weights_dir: Path | None) -> dict[str, Any]:
    """Describe a backbone; sizes in pixels, costs as plain numbers."""
    from lusscore.backbones import locate_weights, weights_file_name

    path, origin = locate_weights(spec, weights_dir) or (None, None)
    return {
        **{key: getattr(spec, key) for key in _FACTS},
        "weights": None if path is None else str(path),
        "weights_origin": origin,
        "weights_file": None if spec.family == "onnx" else weights_file_name(spec),
    }


def _row(record: dict[str, Any]) -> tuple[str, ...]:
    height, width = record["input_size"]
    weights = record["weights"] or f"missing: {record['weights_file']}"
    return (
        record["name"],
        f"{height}×{width}",
        str(record["embedding_size"]),
        f"{record['parameters'] / 1e6:.1f} M",
        "?" if record["flops"] is None else f"{record['flops'] / 1e9:.2f}",
        "bundled" if record["weights_origin"] == "bundled" else weights,
    )
