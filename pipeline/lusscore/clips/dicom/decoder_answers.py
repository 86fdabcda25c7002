"""The other side of :mod:`lusscore.clips.dicom.decoder_process`: decodes what it is sent."""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusscore.clips.dicom.twelve_bit import decode_twelve_bit


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
