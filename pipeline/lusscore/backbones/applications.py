"""The image networks of keras.applications, registered from a measured table."""

from __future__ import annotations

import json
from pathlib import Path

from lusscore.backbones.libraries import import_keras
from lusscore.backbones.registry import Network, register_backbone
from lusscore.backbones.spec import BackboneSpec
from lusscore.errors import BackboneError

# made by pipeline/tools/measure_applications.py
TABLE = Path(__file__).with_name("applications.json")


def read_table() -> tuple[BackboneSpec, ...]:
    """Read the specs of all networks in the table, sorted by name."""
    rows = json.loads(TABLE.read_text(encoding="utf-8"))["networks"]
    return tuple(
        BackboneSpec(
            name=row["name"],
            input_size=(row["input_size"][0], row["input_size"][1]),
            preprocessing=row["preprocessing"],
            embedding_size=row["embedding_size"],
            parameters=row["parameters"],
            flops=row["flops"],
            family="keras",
            source=row["class"],
            cached_weights=row["cached_weights"],
            maps=tuple((stride, channels) for stride, channels in row["maps"]),
        )
        for row in rows
    )


def build_application(spec: BackboneSpec) -> Network:
    """Build the network that ``keras.applications`` has under the class name ``spec.source``."""
    keras = import_keras()
    build = getattr(keras.applications, spec.source, None)
    if build is None:
        raise BackboneError(
            f"Keras {keras.__version__} has no network {spec.source}, which the backbone "
            f"{spec.name} is; install a newer Keras or choose another backbone."
        )
    return build(weights=None, include_top=False, pooling="avg", input_shape=(*spec.input_size, 3))


for _spec in read_table():
    register_backbone(_spec)(build_application)
