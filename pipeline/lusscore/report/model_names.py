"""How models are called in a report."""

from __future__ import annotations

from collections.abc import Sequence

from lusscore.evaluation import BASELINE

_BACKBONES = {
    "xception": "Xception",
    "resnet50": "ResNet50",
    "vgg16": "VGG16",
    "efficientnet_lite0": "EfficientNet-Lite0",
    "selected": "Chosen in each fold",
}


def backbone_label(name: str) -> str:
    """Name a set of features, such as ``"xception[16.mean+32.top]"``, as a person would."""
    backbone, bracket, levels = name.partition("[")
    label = _BACKBONES.get(backbone, backbone)
    return f"{label} [{levels.replace('+', ' + ')}" if bracket else label


def model_labels(models: Sequence[str]) -> dict[str, str]:
    """Name each model by its backbone, and by its head too where heads differ.

    Parameters
    ----------
    models
        Names like ``"xception/softmax"``, without the baseline.

    Returns
    -------
    dict of str to str
        Labels of all `models` and of the baseline.
    """
    one_head = len({model.partition("/")[2] for model in models}) <= 1
    labels = {BASELINE: "Majority baseline"}
    for model in models:
        backbone, _, head = model.partition("/")
        label = backbone_label(backbone)
        labels[model] = label if one_head or not head else f"{label} · {head}"
    return labels
