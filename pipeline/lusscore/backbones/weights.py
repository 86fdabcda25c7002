"""Where the weights of a backbone come from: bundled, a folder, Keras's own files, a download."""

from __future__ import annotations

import hashlib
import os
import socket
from dataclasses import dataclass
from pathlib import Path

from lusscore.backbones.libraries import import_keras
from lusscore.backbones.spec import BackboneSpec
from lusscore.errors import WeightsError

WEIGHTS_VARIABLE = "LUSSCORE_WEIGHTS"
DEFAULT_BACKBONE = "efficientnet_lite0"
# a firewall that swallows packets would otherwise hold the program for minutes
SILENCE_SECONDS = 10.0
_BUNDLED = Path(__file__).parent / "bundled"
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Weights:
    """A file of weights, identified by what is in it.

    `digest` is the SHA-256 of the file's bytes, in hexadecimal; where a sidecar names the output
    of an ONNX file, that name is digested after the bytes. `origin` is ``"bundled"``,
    ``"weights-dir"``, ``"keras-cache"``, ``"download"``, ``"onnx"`` or ``"recorded"`` (where
    embeddings were computed with them).
    """

    path: Path
    digest: str
    origin: str


def weights_file_name(spec: BackboneSpec) -> str:
    """Name under which the weights of `spec` are looked for in a weights folder."""
    return f"{spec.name}.weights.h5"


def locate_weights(spec: BackboneSpec, weights_dir: Path | None = None) -> tuple[Path, str] | None:
    """Find the file that would be read now, and its origin (see :class:`Weights`); None if none.

    `weights_dir` is a folder of ``<backbone>.weights.h5``; None stands for the folder that the
    environment variable ``LUSSCORE_WEIGHTS`` names. Nothing is downloaded or digested.
    """
    candidates = []
    if spec.family == "onnx":
        candidates.append((Path(spec.source), "onnx"))
    else:
        if spec.family == "bundled":
            candidates.append((_BUNDLED / weights_file_name(spec), "bundled"))
        folder = _weights_folder(weights_dir)
        if folder is not None:
            candidates.append((folder / weights_file_name(spec), "weights-dir"))
        if spec.cached_weights:
            candidates.append((_keras_file(spec), "keras-cache"))
    return next(((path, origin) for path, origin in candidates if path.is_file()), None)


def load_weights(
    spec: BackboneSpec, weights_dir: Path | None = None, *, download: bool = True
) -> Weights:
    """Find and digest the weights of `spec`, as :func:`locate_weights` does, or download them.

    Keras downloads those of its own networks, if `download` is set. WeightsError if there are
    none; the message names the file that was wanted, where to put it and how to make it.
    """
    found = locate_weights(spec, weights_dir)
    if found is None and download and spec.family == "keras":
        try:
            found = (download_weights(spec), "download")
        except WeightsError as error:
            raise WeightsError(f"{error} {_advice(spec, weights_dir)}") from None
    if found is None:
        raise WeightsError(f"No weights of {spec.name} were found. {_advice(spec, weights_dir)}")
    return weights_at(*found, spec)


def weights_at(path: Path, origin: str, spec: BackboneSpec) -> Weights:
    """Digest a file of weights as it is now; WeightsError if it cannot be read."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise WeightsError(
            f"it cannot be read ({error.strerror})", path=path, advice="check its permissions"
        ) from None
    digest.update(spec.output.encode())
    return Weights(path, digest.hexdigest(), origin)


def download_weights(spec: BackboneSpec, *, silence: float = SILENCE_SECONDS) -> Path:
    """Let Keras download the weights of one of its applications and return the file it keeps.

    Keras shows its progress bar and checks what it got. WeightsError, without advice, if it
    fails or gets no answer for `silence` seconds.
    """
    keras = import_keras()
    build = getattr(keras.applications, spec.source)
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(silence)
    try:
        build(weights="imagenet", include_top=False, input_shape=(*spec.input_size, 3))
    # Keras wraps what went wrong in a bare Exception
    except Exception as error:
        raise WeightsError(
            f"Keras could not download the weights of {spec.name} ({' '.join(str(error).split())})."
        ) from None
    finally:
        socket.setdefaulttimeout(before)
    expected = _keras_file(spec)
    if not expected.is_file():
        raise WeightsError(
            f"Keras {keras.__version__} downloaded the weights of {spec.name} but did not keep "
            f"them as {expected}, where this version of lusscore looks."
        )
    return expected


def _weights_folder(weights_dir: Path | None) -> Path | None:
    named = os.environ.get(WEIGHTS_VARIABLE)
    return weights_dir or (Path(named) if named else None)


def _keras_file(spec: BackboneSpec) -> Path:
    """Return the file in which Keras keeps weights that it downloads."""
    home = os.environ.get("KERAS_HOME")
    folder = Path(home).expanduser() if home else Path.home() / ".keras"
    return folder / "models" / spec.cached_weights


def _advice(spec: BackboneSpec, weights_dir: Path | None) -> str:
    """Say what to do about weights that are missing."""
    if spec.family == "onnx":
        if not spec.source:  # known from a feature file, which does not say where it lay
            return f"Name its ONNX file: --backbone FOLDER/{spec.name}.onnx."
        return f"Expected the ONNX file {spec.source}."
    name, folder = weights_file_name(spec), _weights_folder(weights_dir)
    place = f"{name} in a folder given by --weights-dir or {WEIGHTS_VARIABLE}"
    text = f"Put them at {place if folder is None else folder / name}"
    if spec.family == "keras":
        code = (
            f"import keras; keras.applications.{spec.source}(include_top=False)"
            f".save_weights('{name}')"
        )
        text += f'; a computer with a network makes it with: python -c "{code}"'
    return f"{text}. The default backbone {DEFAULT_BACKBONE} needs no file and no network."
