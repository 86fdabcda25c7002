"""An exam's frames as embeddings, maps and pictures: all that needs the networks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from threading import Event
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusscore.backbones import open_stored_network
from lusscore.cohort import ExtractionSettings
from lusscore.errors import ExamError
from lusscore.features import Chunk
from lusscore.models import Bundle
from lusscore.scoring.clip_source import ClipFrames, stream_exam
from lusscore.scoring.evidence import EvidenceMaker
from lusscore.scoring.pictures import PictureTaker
from lusscore.scoring.scored import ExamClip, Pictures

_IMAGES_PER_CHUNK = 64
_Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class EmbeddedClip:
    """A clip that the networks have seen.

    Attributes
    ----------
    found
        Which clip, its frames, and why there is nothing, if so.
    embeddings
        Per backbone, float32, shape (frames, 1 + variants, width): embedding, then levels.
    times
        Seconds, shape (frames,).
    maps
        Of the four logits, float32, shape (frames, rows, columns, 4).
    pictures
        To look at; None where the clip could not be read.
    """

    found: ClipFrames
    embeddings: dict[str, _Float32]
    times: NDArray[np.float64]
    maps: _Float32
    pictures: Pictures | None


class Networks:
    """A bundle's networks, ready to run; a context manager that closes them.

    Parameters
    ----------
    bundle
        Whose.
    threads
        Upper limit of CPU threads; None for all cores.
    """

    def __init__(self, bundle: Bundle, threads: int | None = None) -> None:
        self._stack = ExitStack()
        self._bundle = bundle
        self.evidence = EvidenceMaker(bundle)
        self._networks = {
            name: self._stack.enter_context(
                open_stored_network(one.spec, one.graph, one.graph_weights, threads=threads)
            )
            for name, one in bundle.networks.items()
        }
        asked = any(member.settings.get("test_variants") for member in bundle.members)
        # what no head asks for is not computed
        self.extraction: ExtractionSettings = (
            bundle.extraction if asked else replace(bundle.extraction, variants=0)
        )

    def __enter__(self) -> Networks:
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    @property
    def first_size(self) -> tuple[int, int]:
        """Input size of the first network, over which maps lie."""
        return next(iter(self._bundle.networks.values())).spec.input_size

    def embed(
        self,
        clips: Sequence[ExamClip],
        progress: Callable[[int, int], None] = lambda done, total: None,
        stop: Event | None = None,
    ) -> Iterator[EmbeddedClip]:
        """Run all clips through the networks.

        Parameters
        ----------
        clips
            In the order of their numbers.
        progress
            Called with (frames done, frames in all, as far as that is known).
        stop
            Ends it when set.

        Raises
        ------
        ExamError
            If it was stopped.
        """
        sizes = [network.spec.input_size for network in self._bundle.networks.values()]
        per_chunk = max(1, _IMAGES_PER_CHUNK // (1 + self.extraction.variants))
        gathered: dict[int, _Gathered] = {}
        told = _Progress(len(clips), progress)
        with closing(stream_exam(clips, self.extraction, sizes, per_chunk)) as source:
            for found, chunk in source:
                if stop is not None and stop.is_set():
                    raise ExamError("Scoring was stopped.")
                mine = gathered.setdefault(found.number, _Gathered(PictureTaker(len(found.frames))))
                told.clip(found)
                if chunk is not None:
                    self._add(mine, chunk)
                    told.frames(len(chunk.times))
                    continue
                yield self._finish(found, gathered.pop(found.number))

    def _add(self, mine: _Gathered, chunk: Chunk) -> None:
        seen: dict[str, dict[str, _Float32]] = {}
        for name, network in self._networks.items():
            images = chunk.images[self._bundle.networks[name].spec.input_size]
            frames, variants = images.shape[:2]
            embeddings, maps = network.run(images.reshape(-1, *images.shape[2:]))
            mine.embeddings.setdefault(name, []).append(embeddings.reshape(frames, variants, -1))
            seen[name] = {
                key: one.reshape(frames, variants, *one.shape[1:])[:, 0]
                for key, one in maps.items()
            }
        mine.maps.append(self.evidence.make(seen))
        mine.times.append(chunk.times)
        mine.pictures.add(chunk.shown)

    def _finish(self, found: ClipFrames, mine: _Gathered) -> EmbeddedClip:
        if found.error or not mine.maps:
            none: Any = np.empty((0, 1, 1, 4), np.float32)
            return EmbeddedClip(found, {}, np.empty(0), none, None)
        return EmbeddedClip(
            found,
            {name: np.concatenate(parts) for name, parts in mine.embeddings.items()},
            np.concatenate(mine.times),
            np.concatenate(mine.maps),
            mine.pictures.take(found.sector, self.extraction.sector, self.first_size),
        )


class _Gathered:
    def __init__(self, pictures: PictureTaker) -> None:
        self.embeddings: dict[str, list[_Float32]] = {}
        self.maps: list[_Float32] = []
        self.times: list[NDArray[np.float64]] = []
        self.pictures = pictures


class _Progress:
    """Frames done, and frames in all: clips not yet looked through count as the others do."""

    def __init__(self, clips: int, progress: Callable[[int, int], None]) -> None:
        self._clips = clips
        self._progress = progress
        self._known: dict[int, int] = {}
        self._done = 0

    def clip(self, found: ClipFrames) -> None:
        """Take note of a clip."""
        self._known[found.number] = 0 if found.error else len(found.frames)

    def frames(self, count: int) -> None:
        """Count frames that are done."""
        self._done += count
        known = sum(self._known.values())
        unknown = self._clips - len(self._known)
        total = known + round(unknown * known / max(1, len(self._known)))
        self._progress(self._done, max(total, self._done))
