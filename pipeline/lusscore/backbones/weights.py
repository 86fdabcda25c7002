"""Where the weights of a backbone come from: bundled, a folder, Keras's own files, a download."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from lusscore.backbones.download import download_weights
from lusscore.backbones.spec import BackboneSpec
from lusscore.errors import WeightsError

WEIGHTS_VARIABLE = "LUSSCORE_WEIGHTS"
WEIGHTS_SUFFIX = ".weights.h5"
DEFAULT_BACKBONE = "efficientnet_lite0"
_BUNDLED = Path(__file__).parent / "bundled"
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Weights:
    """A file of weights, identified by what is in it.

    Attributes
    ----------
    path
        The file.
    digest
        SHA-256 of the file's bytes, in hexadecimal. Where a sidecar names the output of an ONNX
        file, that name is digested after the bytes.
    origin
        ``"bundled"``, ``"weights-dir"``, ``"keras-cache"``, ``"download"``, ``"onnx"`` or
        ``"recorded"`` (where embeddings were computed with them).
    """

    path: Path
    digest: str
    origin: str


def weights_file_name(spec: BackboneSpec) -> str:
    """Name under which the weights of `spec` are looked for in a weights folder."""
    return f"{spec.name}{WEIGHTS_SUFFIX}"


def locate_weights(spec: BackboneSpec, weights_dir: Path | None = None) -> tuple[Path, str] | None:
    """Find the file that would be read now, and its origin (see :class:`Weights`).

    Parameters
    ----------
    spec
        The backbone.
    weights_dir
        A folder of ``<backbone>.weights.h5``; None stands for the folder that the environment
        variable ``LUSSCORE_WEIGHTS`` names, if it does.

    Returns
    -------
    tuple of Path and str, or None
        None when there is no such file. Nothing is downloaded or digested.
    """
    if spec.family == "onnx":
        path = Path(spec.source)
        return (path, "onnx") if path.is_file() else None
    candidates = []
    if spec.family == "bundled":
        candidates.append((_BUNDLED / weights_file_name(spec), "bundled"))
    folder = _weights_folder(weights_dir)
    if folder is not None:
        candidates.append((folder / weights_file_name(spec), "weights-dir"))
    if spec.cached_weights:
        candidates.append((_keras_cache() / spec.cached_weights, "keras-cache"))
    return next(((path, origin) for path, origin in candidates if path.is_file()), None)


def find_weights(spec: BackboneSpec, weights_dir: Path | None = None) -> Path | None:
    """Return the file that would be read now, or None (see :func:`locate_weights`)."""
    found = locate_weights(spec, weights_dir)
    return None if found is None else found[0]


def load_weights(
    spec: BackboneSpec, weights_dir: Path | None = None, *, download: bool = True
) -> Weights:
    """Find the weights of `spec`, downloading them through Keras where nothing else helps.

    Parameters
    ----------
    spec
        The backbone.
    weights_dir
        See :func:`locate_weights`.
    download
        Whether Keras may be asked to fetch them.

    Returns
    -------
    Weights
        The digest is of the bytes as they are now.

    Raises
    ------
    WeightsError
        If there are none; the message names the file that was wanted, where to put it and how
        to make it.
    """
    found = locate_weights(spec, weights_dir)
    if found is None and download and spec.family == "keras":
        try:
            path = download_weights(spec, _keras_cache() / spec.cached_weights)
        except WeightsError as error:
            raise WeightsError(f"{error} {_advice(spec, weights_dir)}") from None
        found = (path, "download")
    if found is None:
        raise WeightsError(f"No weights of {spec.name} were found. {_advice(spec, weights_dir)}")
    return weights_at(*found, spec)


def weights_at(path: Path, origin: str, spec: BackboneSpec) -> Weights:
    """Digest a file of weights as it is now.

    Raises
    ------
    WeightsError
        If it cannot be read.
    """
    return Weights(path, _digest(path, spec), origin)


def _weights_folder(weights_dir: Path | None) -> Path | None:
    """Return the weights folder in force: the argument, else the environment's."""
    if weights_dir is not None:
        return weights_dir
    named = os.environ.get(WEIGHTS_VARIABLE)
    return Path(named) if named else None


def _keras_cache() -> Path:
    """Return the folder in which Keras keeps the weights it downloads."""
    home = os.environ.get("KERAS_HOME")
    return (Path(home).expanduser() if home else Path.home() / ".keras") / "models"


def _digest(path: Path, spec: BackboneSpec) -> str:
    """SHA-256 as :class:`Weights` defines it."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise WeightsError(
            f"it cannot be read ({error.strerror}); check its permissions.",
            path=path,
        ) from None
    digest.update(spec.output.encode())
    return digest.hexdigest()


def _advice(spec: BackboneSpec, weights_dir: Path | None) -> str:
    """Say what to do about weights that are missing."""
    if spec.family == "onnx":
        if not spec.source:  # known from a feature file, which does not tell where it lay
            return f"Tell where its ONNX file lies: --backbone FOLDER/{spec.name}.onnx."
        return f"Expected the ONNX file {spec.source}."
    name = weights_file_name(spec)
    folder = _weights_folder(weights_dir)
    place = (
        f"{folder / name}"
        if folder is not None
        else f"{name} in a folder given by --weights-dir or {WEIGHTS_VARIABLE}"
    )
    recipe = (
        f"; a computer with a network makes it with: {_recipe(spec)}"
        if spec.family == "keras"
        else ""
    )
    return (
        f"Put them at {place}{recipe}. "
        f"The default backbone {DEFAULT_BACKBONE} needs no file and no network."
    )


def _recipe(spec: BackboneSpec) -> str:
    """Give the command that saves Keras's weights under the name that is looked for."""
    code = (
        f"import keras; keras.applications.{spec.source}(include_top=False)"
        f".save_weights('{weights_file_name(spec)}')"
    )
    return f'python -c "{code}"'
