"""Levels: pooled feature maps that a backbone gives behind its embedding, in the same pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lusscore.backbones.feature_maps import last_maps
from lusscore.backbones.registry import Network
from lusscore.backbones.spec import BackboneSpec
from lusscore.cohort import BANDS, Level
from lusscore.errors import BackboneError


def with_levels(spec: BackboneSpec, names: Sequence[str]) -> BackboneSpec:
    """Return the spec of the same backbone that also gives these levels.

    Parameters
    ----------
    spec
        A backbone.
    names
        Such as ``"16.top"``; see :class:`lusscore.cohort.extraction.Level`. Their order
        does not matter: levels always come in alphabetical order.

    Raises
    ------
    BackboneError
        If the backbone has no feature map of that stride, or none that is known.
    ValueError
        If a name is none that a card may have.
    """
    strides = [stride for stride, _ in spec.maps]
    for name in names:
        if Level.parse(name).stride not in strides:
            raise BackboneError(_lacking(spec, name))
    return replace(spec, levels=tuple(sorted(names)))


def _lacking(spec: BackboneSpec, name: str) -> str:
    """Say that a backbone has no such level, and what it has."""
    if spec.family == "onnx":
        return (
            f"The level {name} cannot be had of the ONNX file {spec.source}, of which only the "
            "output is known; leave levels out of the card's [extraction], or choose a network "
            "that 'lusscore backbones' lists."
        )
    if not spec.maps:
        return (
            f"The level {name} cannot be had of {spec.name}, whose feature maps are not known; "
            "give them as maps where it is registered, or leave levels out of the card."
        )
    strides = ", ".join(str(stride) for stride, _ in spec.maps)
    return (
        f"{spec.name} has no feature map for the level {name}; those it has are of stride "
        f"{strides}. Correct levels in the card's [extraction]."
    )


def network_with_maps(keras: Network, network: Network, spec: BackboneSpec) -> Network:
    """Return the network with the maps that the levels of `spec` are pooled from as outputs.

    Returns
    -------
    keras.Model
        Its first output is that of `network`; then one map, (n, rows, columns, channels), for
        each of :func:`strides_of`. Layers and weights are shared.

    Raises
    ------
    BackboneError
        If it has no such map, or one with another number of channels than its spec tells.
    """
    maps, told = last_maps(network), dict(spec.maps)
    for stride in strides_of(spec):
        channels = maps[stride].shape[-1] if stride in maps else "no"
        if channels != told[stride]:
            raise BackboneError(
                f"The last feature map of {spec.name} at stride {stride} has {channels} channels, "
                f"expected {told[stride]}; correct maps where it is registered, or install the "
                "version of Keras that lusscore asks for."
            )
    outputs = [network.outputs[0], *(maps[stride] for stride in strides_of(spec))]
    return keras.Model(network.inputs, outputs)


def strides_of(spec: BackboneSpec) -> tuple[int, ...]:
    """Return the strides of which a backbone's levels need the map, each once."""
    return tuple(dict.fromkeys(Level.parse(name).stride for name in spec.levels))


def pool_level(keras: Network, feature_map: Any, spec: BackboneSpec, name: str) -> Any:
    """Pool a map as a level asks: (n, rows, columns, channels) to (n, channels), float32.

    Raises
    ------
    BackboneError
        If the map has too few rows for bands.
    """
    ops = keras.ops
    pooling = Level.parse(name).pooling
    if pooling in BANDS:
        rows = feature_map.shape[1]
        if rows < len(BANDS):
            raise BackboneError(
                f"The level {name} of {spec.name} would divide a feature map of {rows} rows into "
                f"{len(BANDS)} bands; take its mean instead."
            )
        edges = [round(band * rows / len(BANDS)) for band in range(len(BANDS) + 1)]
        band = BANDS.index(pooling)
        feature_map, pooling = feature_map[:, edges[band] : edges[band + 1]], "mean"
    pool = {"mean": ops.mean, "max": ops.max, "std": ops.std}[pooling]
    return pool(ops.cast(feature_map, "float32"), axis=(1, 2))
