"""The registry of backbones."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from typing import Any

from lusscore.backbones import networks
from lusscore.backbones.spec import BackboneSpec
from lusscore.errors import BackboneError
from lusscore.registry import Plugin, Registry

# a keras.Model without weights; Keras is not imported here, so its type cannot be named
Network = Any
Builder = Callable[[BackboneSpec], Network]

_BACKBONES = Registry[tuple[BackboneSpec, Builder]]("backbone", BackboneError, "lusscore.backbones")


def register_backbone(spec: BackboneSpec) -> Callable[[Builder], Builder]:
    """Decorate the function that builds the network of `spec`.

    The function gets the spec and returns a Keras model with untrained weights. The model takes
    preprocessed float32 frames of shape (n, height, width, 3) and gives either the last feature
    map, (n, rows, columns, channels), or that map averaged over rows and columns. Keras is
    imported inside the function, so that registering costs nothing.

    Raises
    ------
    BackboneError
        If the name is taken.
    """

    def register(build: Builder) -> Builder:
        _BACKBONES.register(spec.name, (spec, build), build)
        return build

    return register


def registered_backbones() -> dict[str, BackboneSpec]:
    """Specs of all registered backbones by name, in no particular order."""
    _import_networks()
    return {name: spec for name, (spec, _) in _BACKBONES.items()}


def builder_of(spec: BackboneSpec) -> Builder:
    """Return the function that builds the network of `spec`.

    Raises
    ------
    BackboneError
        If the backbone is not registered in this process.
    """
    _import_networks()
    if spec.name not in _BACKBONES:
        raise BackboneError(
            f"The backbone {spec.name!r} is not registered in this process; import the module "
            "that registers it first, or name its file with --plugin."
        )
    return _BACKBONES[spec.name][1]


def plugin_of(spec: BackboneSpec) -> Plugin | None:
    """Return the plug-in that builds the network of `spec`; None where lusscore does."""
    return None if spec.family == "onnx" else _BACKBONES.plugin(spec.name)


@cache
def _import_networks() -> None:
    """Import every module of the folder ``networks``; each registers what it brings."""
    for module in pkgutil.iter_modules(networks.__path__, f"{networks.__name__}."):
        importlib.import_module(module.name)
