"""Weights to measure with: the user's where there are some, else random ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bench.process import call_in_process
from bench.small_backbone import find_backbone, register_small_backbone
from lusscore.backbones import BackboneSpec, builder_of, locate_weights, weights_file_name
from lusscore.errors import WeightsError


@dataclass(frozen=True)
class MeasuredWeights:
    """Where a backbone's weights are for a measurement.

    Attributes
    ----------
    folder
        Weights folder to give, None for the search order of the backbones room.
    random
        Whether they mean nothing. Speed does not depend on the values.
    """

    folder: Path | None
    random: bool

    @property
    def remark(self) -> str:
        """What to add to a detail."""
        return ", random weights" if self.random else ""


def provide_weights(spec: BackboneSpec, weights_dir: Path | None, spare: Path) -> MeasuredWeights:
    """Find the weights of `spec`; where there are none, write random ones into `spare`.

    Nothing is downloaded.

    Raises
    ------
    WeightsError
        If an ONNX file is missing, which has its weights in itself.
    """
    if locate_weights(spec, weights_dir) is not None:
        return MeasuredWeights(weights_dir, random=False)
    if spec.family == "onnx":
        raise WeightsError(f"There is no ONNX file {spec.source}; give the path of one.")
    path = spare / weights_file_name(spec)
    if not path.is_file():
        spare.mkdir(parents=True, exist_ok=True)
        call_in_process(write_random_weights, backbone=spec.name, path=path)
    return MeasuredWeights(spare, random=True)


def write_random_weights(backbone: str, path: str) -> None:
    """Write the weights with which Keras begins a training."""
    from lusscore.backbones import import_keras

    register_small_backbone()
    spec = find_backbone(backbone)
    import_keras().utils.set_random_seed(0)
    builder_of(spec)(spec).save_weights(path)
