"""Images one by one through a compiled OpenVINO network, several of them at a time."""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

import numpy as np

from lusscore.backbones.engines.engine import Embeddings, Images, Result


class _Running(NamedTuple):
    """An image that is being computed, and where its embedding goes."""

    request: Any
    embeddings: Embeddings
    row: int


class ImageStreams:
    """Keeps every stream of a network busy with an image of its own.

    Each image is computed by one stream alone, so that its embedding depends on nothing but the
    image: not on the images beside it, nor on how many streams there are. A stream whose thread
    is disturbed by other work delays no other.

    Parameters
    ----------
    compiled
        A compiled network that takes one image.
    streams
        Streams it was compiled with.
    dim
        Length of what the network gives for an image.
    """

    def __init__(self, compiled: Any, streams: int, dim: int) -> None:
        # one more than streams: the next image waits where a stream finds it at once
        self._idle = deque(compiled.create_infer_request() for _ in range(streams + 1))
        self._running: deque[_Running] = deque()
        self._dim = dim

    def submit(self, images: Images) -> Result:
        """Start on `images`; return what waits for their embeddings."""
        embeddings = np.empty((len(images), self._dim), np.float32)
        for row, image in enumerate(images):
            request = self._idle.popleft() if self._idle else self._collect()
            # copies the image, so that the caller's array may go
            request.start_async({0: np.ascontiguousarray(image)[None]})
            self._running.append(_Running(request, embeddings, row))

        def result() -> Embeddings:
            while any(running.embeddings is embeddings for running in self._running):
                self._idle.append(self._collect())
            return embeddings

        return result

    def _collect(self) -> Any:
        """Wait for the oldest image, keep its embedding and return its request."""
        request, embeddings, row = self._running.popleft()
        request.wait()
        embeddings[row] = request.get_output_tensor(0).data.reshape(-1)
        return request
