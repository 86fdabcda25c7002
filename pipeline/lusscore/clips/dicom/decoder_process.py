"""Decoders that a broken frame can crash, in a process of their own.

GDCM ends the whole process on some broken JPEG frames, and writes to the terminal on others. It
decodes JPEG lossless, JPEG-LS and 12-bit JPEG here, where neither can do harm.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

_JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"
_SECONDS = 120.0
"""For one frame, the start of the process included; it takes well under one."""

_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from lusscore.clips.dicom.decoder_process import answer; answer()"
)


class DecoderProcess:
    """Decodes frames in another process, which is started with the first of them."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> DecoderProcess:
        return self

    def __exit__(self, *error: object) -> None:
        self._close()

    def decode(
        self, frame: bytes, syntax: str, options: dict[str, Any]
    ) -> tuple[NDArray[Any], str]:
        """Decode a codestream to integers, shape (height, width[, 3]), and its colour model.

        `syntax` is the UID of the transfer syntax, or ``"12 bit"`` for greyscale JPEG of 12 bits;
        `options` is the layout in the words of pydicom's decoders. Raises ValueError if it cannot
        be decoded, or the process died or did not answer.
        """
        process = self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        impatience = threading.Timer(_SECONDS, process.kill)
        impatience.start()
        try:
            request = {"syntax": syntax, "options": options, "length": len(frame)}
            process.stdin.write(json.dumps(request).encode() + b"\n" + frame)
            process.stdin.flush()
            head = json.loads(process.stdout.readline() or "{}")
            if "shape" not in head:
                raise ValueError("not decoded")
            data = process.stdout.read(head["length"])
        except OSError:
            raise ValueError("the decoder died") from None
        finally:
            impatience.cancel()
        samples = np.frombuffer(data, head["dtype"]).reshape(head["shape"])
        return samples, head["photometric"]

    def _start(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._close()
            self._process = subprocess.Popen(
                [sys.executable, "-c", _START, json.dumps(sys.path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        return self._process

    def _close(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what was not sent to a process that died
                    pipe.close()


def answer() -> None:
    """Answer requests on the standard input until it ends.

    A request is a line of JSON with ``syntax``, ``options`` and ``length``, and a frame of that
    many bytes. The answer is a line with ``shape``, ``dtype``, ``photometric`` and ``length``, and
    the samples; or an empty object where the frame cannot be decoded.
    """
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while line := requests.readline():
        request = json.loads(line)
        frame = requests.read(request["length"])
        try:
            samples, photometric = _decode(frame, request["syntax"], request["options"])
        except Exception:  # whatever a decoder raises: the frame is broken
            answers.write(b"{}\n")
        else:
            head = {
                "shape": samples.shape,
                "dtype": samples.dtype.str,
                "photometric": photometric,
                "length": samples.nbytes,
            }
            answers.write(json.dumps(head).encode() + b"\n" + samples.tobytes())
        answers.flush()


def _decode(frame: bytes, syntax: str, options: dict[str, Any]) -> tuple[NDArray[Any], str]:
    if syntax == "12 bit":
        samples = decode_twelve_bit(frame, options["rows"], options["columns"])
        return samples, options["photometric_interpretation"]
    from pydicom.encaps import encapsulate
    from pydicom.pixels.decoders.base import get_decoder
    from pydicom.uid import UID

    decoder = get_decoder(UID(syntax))
    samples, properties = decoder.as_array(encapsulate([frame]), index=0, raw=True, **options)
    return np.ascontiguousarray(samples), str(properties["photometric_interpretation"])


def decode_twelve_bit(frame: bytes, height: int, width: int) -> NDArray[Any]:
    """Decode a greyscale frame of 12-bit JPEG to uint16, which pydicom's plugins do not.

    Broken frames can end the process: call it through :class:`DecoderProcess`.
    """
    import gdcm

    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(frame)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((width, height, 1))
    image.SetDataElement(element)
    grey = gdcm.PhotometricInterpretation.MONOCHROME2
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(grey))
    syntax = gdcm.TransferSyntax.GetTSType(_JPEG_EXTENDED)
    image.SetTransferSyntax(gdcm.TransferSyntax(syntax))
    image.SetPixelFormat(gdcm.PixelFormat(1, 16, 12, 11, 0))
    # GDCM hands over bytes as text
    pixels = image.GetBuffer().encode("utf-8", "surrogateescape")
    return np.frombuffer(pixels, "<u2").reshape(height, width)
