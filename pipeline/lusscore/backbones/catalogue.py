"""Finding a backbone by its name or by the path of an ONNX file."""

from __future__ import annotations

import difflib
from pathlib import Path

from lusscore.backbones.onnx_file import ONNX_SUFFIX, read_onnx_spec
from lusscore.backbones.registry import registered_backbones
from lusscore.backbones.spec import BackboneSpec
from lusscore.backbones.weights import DEFAULT_BACKBONE
from lusscore.errors import BackboneError

# the default, then the three networks of Raillard et al. 2022
MAIN_BACKBONES = (DEFAULT_BACKBONE, "xception", "resnet50", "vgg16")


def backbone_names() -> tuple[str, ...]:
    """Names of all registered backbones: the main ones first, the others sorted."""
    others = sorted(set(registered_backbones()) - set(MAIN_BACKBONES))
    return (*MAIN_BACKBONES, *others)


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
    plain = {_plain(registered): spec for registered, spec in specs.items()}
    try:
        return plain[_plain(name)]
    except KeyError:
        similar = difflib.get_close_matches(_plain(name), plain, n=3)
        guess = (
            f"did you mean {' or '.join(plain[key].name for key in similar)}? Expected"
            if similar
            else "expected"
        )
        raise BackboneError(
            f"Unknown backbone {name!r}; {guess} {', '.join(MAIN_BACKBONES)}, one of the "
            f"{len(specs) - len(MAIN_BACKBONES)} others that 'lusscore backbones --all' lists, or "
            f"the path of an ONNX file, ending in {ONNX_SUFFIX}."
        ) from None


def _plain(name: str) -> str:
    """Spell a name without what people vary."""
    return name.lower().replace("_", "").replace("-", "")
