"""Preprocessings: what a network was taught to expect of its pixels, as plain data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lusscore.errors import BackboneError
from lusscore.registry import Registry

_PREPROCESSINGS = Registry["Preprocessing"]("preprocessing", BackboneError)


@dataclass(frozen=True)
class Preprocessing:
    """A channel order and one affine map for each channel.

    A pixel value x (0–255) becomes ``(x - mean) / scale``.

    Attributes
    ----------
    name
        Registered name.
    channels
        Order in which the network wants its channels, ``"RGB"`` or ``"BGR"``.
    mean, scale
        One value for each channel, in the order of `channels`, in units of 8-bit pixel values.
    """

    name: str
    channels: str = "RGB"
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    scale: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def __call__(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return preprocessed copies of `images`, which stay as they are.

        Parameters
        ----------
        images
            ndarray of uint8, shape (..., 3), RGB.

        Returns
        -------
        ndarray of float32, same shape
            Channels in the order of :attr:`channels`.
        """
        ordered = images[..., ::-1] if self.channels == "BGR" else images
        mean = np.asarray(self.mean, np.float32)
        scale = np.asarray(self.scale, np.float32)
        return (ordered.astype(np.float32) - mean) / scale


def register_preprocessing(preprocessing: Preprocessing) -> Preprocessing:
    """Make a preprocessing known by its name; BackboneError if the name is taken."""
    _PREPROCESSINGS.register(preprocessing.name, preprocessing)
    return preprocessing


def preprocessing_names() -> tuple[str, ...]:
    """Names of all registered preprocessings."""
    return tuple(_PREPROCESSINGS)


def get_preprocessing(name: str) -> Preprocessing:
    """Return the preprocessing of a name; BackboneError, with those there are, if it has none."""
    return _PREPROCESSINGS[name]


# -1 to 1, as in keras.applications.xception and the other networks of Keras's mode "tf"
register_preprocessing(Preprocessing("tf", mean=(127.5,) * 3, scale=(127.5,) * 3))
# Caffe's mean pixel of ImageNet, as in keras.applications.vgg16 and resnet50
register_preprocessing(Preprocessing("caffe", channels="BGR", mean=(103.939, 116.779, 123.68)))
# Mean and standard deviation of ImageNet, as in torchvision and keras.applications.densenet
register_preprocessing(
    Preprocessing(
        "torch",
        mean=(0.485 * 255, 0.456 * 255, 0.406 * 255),
        scale=(0.229 * 255, 0.224 * 255, 0.225 * 255),
    )
)
# The EfficientNet-Lite family
register_preprocessing(Preprocessing("lite", mean=(127.0,) * 3, scale=(128.0,) * 3))
# Networks that take 0–255 and preprocess themselves
register_preprocessing(Preprocessing("none"))
