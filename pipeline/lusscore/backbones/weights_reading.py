"""Reading a weights file into a network, and refusing one that is another network's."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

from lusscore.backbones.registry import Network
from lusscore.backbones.spec import BackboneSpec
from lusscore.errors import WeightsError

if TYPE_CHECKING:
    import h5py

    from lusscore.backbones.weights import Weights


def read_weights(network: Network, spec: BackboneSpec, weights: Weights) -> None:
    """Fill `network` with the weights of a file.

    Raises
    ------
    WeightsError
        If the file is damaged or holds the weights of another network.
    """
    try:
        held = _count_held(weights)
        wanted = sum(_size(weight.shape, weight.dtype) for weight in network.weights)
        if held is not None and held != wanted:
            raise WeightsError(
                f"{weights.path} holds {held:,} weights, but {spec.name} without its classifier "
                f"has {wanted:,}; it is another network's, or was saved with include_top=True. "
                "Replace it."
            )
        with warnings.catch_warnings():
            # Keras only warns where it leaves a layer as it was
            warnings.simplefilter("error", UserWarning)
            network.load_weights(weights.path)
    # what h5py and Keras raise for files that are cut short or hold other layers
    except (OSError, ValueError, KeyError, IndexError, RuntimeError, UserWarning) as error:
        reason = " ".join(str(error).split())[:200]
        raise WeightsError(
            f"{weights.path} cannot be read as weights of {spec.name} ({reason}); it is damaged "
            "or another network's. Replace it, or delete it to have it looked for elsewhere."
        ) from None


def _count_held(weights: Weights) -> int | None:
    """Count the weights in an HDF5 file; None for Keras 2's format, which Keras checks itself."""
    import h5py

    total = 0

    def add(name: str, item: h5py.Group | h5py.Dataset) -> None:
        nonlocal total
        if isinstance(item, h5py.Dataset):
            total += _size(item.shape, item.dtype)

    with h5py.File(weights.path, "r") as file:
        if "layer_names" in file.attrs:
            return None
        file.visititems(add)
    return total


def _size(shape: tuple[int, ...], dtype: object) -> int:
    """Count the values in an array of weights; 0 for counters and random generators' states."""
    return math.prod(shape) if shape and str(dtype).startswith("float") else 0
