"""Registering a backbone, and finding one by its name or by the path of an ONNX file."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from lusscore.backbones.onnx_file import ONNX_SUFFIX, read_onnx_spec
from lusscore.backbones.spec import BackboneSpec
from lusscore.backbones.weights import DEFAULT_BACKBONE
from lusscore.errors import BackboneError
from lusscore.registry import Plugin, Registry

# the default, then the three networks of Raillard et al. 2022
MAIN_BACKBONES = (DEFAULT_BACKBONE, "xception", "resnet50", "vgg16")
# the modules that register what lusscore itself brings
_OWN = ("lusscore.backbones.efficientnet_lite0", "lusscore.backbones.applications")

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
    _register_own()
    return {name: spec for name, (spec, _) in _BACKBONES.items()}


def builder_of(spec: BackboneSpec) -> Builder:
    """Return the function that builds the network of `spec`.

    Raises
    ------
    BackboneError
        If the backbone is not registered in this process.
    """
    if spec.name not in registered_backbones():
        raise BackboneError(
            f"The backbone {spec.name!r} is not registered in this process; import the module "
            "that registers it first, or name its file with --plugin."
        )
    return _BACKBONES[spec.name][1]


def plugin_of(spec: BackboneSpec) -> Plugin | None:
    """Return the plug-in that builds the network of `spec`; None where lusscore does."""
    return None if spec.family == "onnx" else _BACKBONES.plugin(spec.name)


def backbone_names() -> tuple[str, ...]:
    """Names of all registered backbones: the main ones first, the others sorted."""
    return (*MAIN_BACKBONES, *sorted(set(registered_backbones()) - set(MAIN_BACKBONES)))


def get_backbone(name: str) -> BackboneSpec:
    """Return the backbone of a name.

    Parameters
    ----------
    name
        A registered name, in any case and with or without underscores
        (``"mobilenet_v3_large"``, ``"MobileNetV3Large"``), or the path of an ONNX file.

    Raises
    ------
    BackboneError
        If there is no such backbone; the message gives similar names.
    """
    if name.lower().endswith(ONNX_SUFFIX):
        return read_onnx_spec(Path(name))
    specs = registered_backbones()
    if name in specs:
        return specs[name]
    by_spelling = {_plain(registered): spec for registered, spec in specs.items()}
    spec = by_spelling.get(_plain(name))
    if spec is not None:
        return spec
    similar = [
        by_spelling[key].name for key in difflib.get_close_matches(_plain(name), by_spelling)
    ]
    guess = f"did you mean {' or '.join(similar)}? Expected" if similar else "expected"
    raise BackboneError(
        f"Unknown backbone {name!r}; {guess} {', '.join(MAIN_BACKBONES)}, one of the "
        f"{len(specs) - len(MAIN_BACKBONES)} others that 'lusscore backbones --all' lists, or "
        f"the path of an ONNX file, ending in {ONNX_SUFFIX}."
    )


def _plain(name: str) -> str:
    """Spell a name without what people vary."""
    return name.lower().replace("_", "").replace("-", "")


@cache
def _register_own() -> None:
    for module in _OWN:
        import_module(module)
