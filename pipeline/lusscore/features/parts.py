"""The cache: immutable parts, each named by the digest of its bytes, as Git's objects are.

A part is a small HDF5 file that holds some frames, variants and layers of one clip. It is built
in memory and written to a temporary name that is then renamed. A part whose bytes do not give
its name is not there, and HDF5 never sees it. More frames, variants or layers are further
parts; readers unite them.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from lusscore.features.media import CACHE_NAME
from lusscore.features.recipe import Table, digest_of
from lusscore.files import written_whole

PART_BYTES = 64 << 20
PART_SUFFIX = ".h5"
_SCHEMA = 1
_NAME = 32  # hexadecimal digits of a digest in a file name: 128 bits, and paths stay short
_BACKBONE = 24


@dataclass(frozen=True)
class Block:
    """Embeddings of some frames, variants and layers of one clip.

    `frames` are numbers, increasing; `times` seconds, NaN without a clock; of `variants` 0 is the
    clean frame, and `augmentation` the digest of what made the others; `layers` the width of each
    by name, in the order of the columns. `embeddings` has the shape (frames, variants, width of
    all layers). `name` is that of the part, empty of any other block.
    """

    frames: NDArray[np.int64]
    times: NDArray[np.float32]
    variants: tuple[int, ...]
    augmentation: str
    layers: Mapping[str, int]
    embeddings: NDArray[Any]
    made_by: str = ""
    name: str = ""


@dataclass(frozen=True)
class Needs:
    """Which entries of the cache are asked for of each frame; fields are those of a block."""

    variants: tuple[int, ...]
    augmentation: str
    layers: Mapping[str, int]
    dtype: str

    @classmethod
    def of(cls, selection: Table, dtype: str) -> Needs:
        """Take them from what a feature file holds of each clip."""
        variants = tuple(range(1 + selection["variants"]))
        return cls(variants, digest_of(selection["augmentation"]), selection["layers"], dtype)

    @property
    def width(self) -> int:
        """Columns of all layers."""
        return sum(self.layers.values())


@dataclass(frozen=True)
class Gap:
    """A rectangle of entries that no block has: frames × variants × layers."""

    frames: NDArray[np.int64]
    variants: tuple[int, ...]
    layers: tuple[str, ...]


def find_gaps(frames: NDArray[np.int64], needs: Needs, blocks: Sequence[Block]) -> list[Gap]:
    """List the entries that are needed of some frames of a clip and that no block has."""
    if not len(frames):
        return []
    layers = tuple(needs.layers)
    lacking = np.ones((len(frames), len(needs.variants), len(layers)), bool)
    for block in blocks:
        rows = np.isin(frames, block.frames)
        variants = np.isin(needs.variants, sorted(_usable(block, needs)))
        held = np.array([needs.layers[name] == block.layers.get(name) for name in layers])
        lacking[np.ix_(rows, variants, held)] = False
    patterns, which = np.unique(lacking, axis=0, return_inverse=True)
    gaps = []
    for number, pattern in enumerate(patterns):
        # variants that lack the same layers are one rectangle
        rectangles: dict[tuple[str, ...], list[int]] = {}
        for variant, flags in zip(needs.variants, pattern.tolist(), strict=True):
            names = tuple(name for name, flag in zip(layers, flags, strict=True) if flag)
            if names:
                rectangles.setdefault(names, []).append(variant)
        chosen = frames[which.reshape(-1) == number]
        gaps += [Gap(chosen, tuple(variants), names) for names, variants in rectangles.items()]
    return gaps


def unite(
    frames: NDArray[np.int64], needs: Needs, blocks: Sequence[Block]
) -> tuple[NDArray[Any], NDArray[np.float32], list[Block]]:
    """Put together what is needed of some frames of a clip, from blocks that have all of it.

    Returns embeddings, shape (frames, variants, width); seconds, float32, shape (frames,); and
    the blocks that gave anything, the first that has an entry giving it.
    """
    united = np.empty((len(frames), len(needs.variants), needs.width), needs.dtype)
    times = np.full(len(frames), np.nan, np.float32)
    lacking = np.ones((len(frames), len(needs.variants), len(needs.layers)), bool)
    starts = dict(zip(needs.layers, np.cumsum([0, *needs.layers.values()]).tolist(), strict=False))
    used = []
    for block in blocks:
        _, rows, own = np.intersect1d(frames, block.frames, return_indices=True)
        usable, start, gave = _usable(block, needs), 0, False
        for name, size in block.layers.items():
            columns = slice(start, start + size)
            start += size
            if needs.layers.get(name) != size:
                continue
            layer = list(needs.layers).index(name)
            place = slice(starts[name], starts[name] + size)
            for column, variant in enumerate(needs.variants):
                new = lacking[rows, column, layer]
                if variant in usable and new.any():
                    found = block.embeddings[own[new], block.variants.index(variant)]
                    united[rows[new], column, place] = found[:, columns]
                    lacking[rows[new], column, layer] = False
                    gave = True
        if gave:
            times[rows] = block.times[own]
            used.append(block)
    return united, times, used


def _usable(block: Block, needs: Needs) -> set[int]:
    """Name the variants of a block that are what is needed: the clean frame, or same settings."""
    same = block.augmentation == needs.augmentation
    return {variant for variant in block.variants if same or variant == 0}


def backbone_folders(features_dir: Path, backbone: str) -> list[Path]:
    """List the folders of all recipes of a backbone."""
    return sorted((features_dir / CACHE_NAME).glob(f"{_plain(backbone)}-{'[0-9a-f]' * 16}"))


def part_is_sound(path: Path) -> bool:
    """Say whether a part's bytes give its name."""
    return _name_of(path.read_bytes()) == path.stem


def _plain(backbone: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "_", backbone)[:_BACKBONE]


def _name_of(image: bytes) -> str:
    return hashlib.sha256(image).hexdigest()[:_NAME]


class PartStore:
    """The parts of one recipe: written whole, read only where their bytes give their name."""

    def __init__(self, features_dir: Path, recipe: Table) -> None:
        self.recipe = digest_of(recipe)
        name = f"{_plain(recipe['backbone'])}-{self.recipe[:16]}"
        self.folder = features_dir / CACHE_NAME / name

    def clip_folder(self, clip: str) -> Path:
        """Return where the parts of a clip lie, by the digest of its bytes."""
        return self.folder / clip[:2] / clip[:_NAME]

    def paths(self, clip: str) -> list[Path]:
        """List the parts of a clip, whether sound or not."""
        return sorted(self.clip_folder(clip).glob(f"*{PART_SUFFIX}")) if clip else []

    def read(self, clip: str) -> list[Block]:
        """Read all sound parts of a clip."""
        return [block for path in self.paths(clip) if (block := self.read_part(path, clip))]

    def read_part(self, path: Path, clip: str) -> Block | None:
        """Read a part; None unless its bytes give its name and it is of this recipe and clip."""
        try:
            image = path.read_bytes()
        except OSError:
            return None
        if _name_of(image) != path.stem:
            return None
        with h5py.File(io.BytesIO(image), "r") as file:
            table = json.loads(file.attrs["part"])
            if (table["schema"], table["recipe"], table["clip"]) != (_SCHEMA, self.recipe, clip):
                return None
            return Block(
                file["frames"][...].astype(np.int64),
                file["times"][...],
                tuple(table["variants"]),
                table["augmentation"],
                dict(table["layers"]),
                file["embeddings"][...],
                table["made_by"],
                path.stem,
            )

    def write(self, clip: str, block: Block) -> None:
        """Write a block as one or more parts; WriteError if the disk does not take it."""
        row_bytes = max(1, math.prod(block.embeddings.shape[1:]) * block.embeddings.itemsize)
        step = max(1, PART_BYTES // row_bytes)
        for start in range(0, len(block.frames), step):
            rows = slice(start, start + step)
            image = self._image(clip, block, rows)
            with written_whole(self.clip_folder(clip) / f"{_name_of(image)}{PART_SUFFIX}") as file:
                file.write(image)

    def _image(self, clip: str, block: Block, rows: slice) -> bytes:
        """Build a part as HDF5 in memory; the same block gives the same bytes."""
        table = {
            "schema": _SCHEMA,
            "recipe": self.recipe,
            "clip": clip,
            "variants": block.variants,
            "augmentation": block.augmentation,
            "layers": list(block.layers.items()),
            "made_by": block.made_by,
        }
        image = io.BytesIO()
        with h5py.File(image, "w", libver="earliest") as file:
            file.attrs["part"] = json.dumps(table)
            file["frames"] = block.frames[rows].astype(np.int32)
            file["times"] = block.times[rows].astype(np.float32)
            file["embeddings"] = block.embeddings[rows]
        return image.getvalue()
