"""Keras's own download of ImageNet weights, made to give up soon where there is no network."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lusscore.backbones.keras_runtime import import_keras
from lusscore.backbones.spec import BackboneSpec
from lusscore.errors import WeightsError

SILENCE_SECONDS = 10.0


def download_weights(
    spec: BackboneSpec, expected: Path, *, silence: float = SILENCE_SECONDS
) -> Path:
    """Let Keras download the weights of one of its applications.

    Keras shows its progress bar, checks what it got and keeps the file for next time.

    Parameters
    ----------
    spec
        A backbone of the family ``"keras"``.
    expected
        Where Keras keeps the file.
    silence
        Seconds without any answer after which the attempt is given up. A firewall that swallows
        packets would otherwise hold the program for minutes.

    Raises
    ------
    WeightsError
        If Keras failed; the message tells the reason and leaves the advice to the caller.
    """
    keras = import_keras()
    build = getattr(keras.applications, spec.source)
    try:
        with _socket_timeout(silence):
            build(weights="imagenet", include_top=False, input_shape=(*spec.input_size, 3))
    # Keras wraps what went wrong in a bare Exception
    except Exception as error:
        reason = " ".join(str(error).split())
        raise WeightsError(
            f"Keras could not download the weights of {spec.name} ({reason})."
        ) from None
    if not expected.is_file():
        raise WeightsError(
            f"Keras {keras.__version__} downloaded the weights of {spec.name} but did not keep "
            f"them as {expected}, where this version of lusscore looks."
        )
    return expected


@contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    """Limit how long sockets that are opened inside may stay silent."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
