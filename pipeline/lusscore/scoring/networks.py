"""An exam's clips through the bundle's networks: embeddings, saliency maps and pictures."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event

import numpy as np
from numpy.typing import NDArray

from lusscore.backbones import open_stored_network
from lusscore.cohort import ExtractionSettings
from lusscore.errors import ExamError
from lusscore.features import (
    Chunk,
    ClipEnd,
    PlannedClip,
    inspect_clip,
    plan_clip,
    stream_clips,
)
from lusscore.models import Bundle
from lusscore.scoring.exam import ExamClip, Pictures
from lusscore.scoring.pictures import PictureTaker
from lusscore.scoring.saliency import SaliencyMapper
from lusscore.sector import Sector, is_blank, sector_crop, sector_mask

_IMAGES_PER_CHUNK = 64
_Float32 = NDArray[np.float32]
_Size = tuple[int, int]
# of a chunk of frames: embeddings by backbone, times, maps
_Part = tuple[dict[str, _Float32], NDArray[np.float64], _Float32]


@dataclass
class EmbeddedClip:
    """A clip, by its number from 1, and what the networks make of it; with an error, only that.

    `digest` is the SHA-256 of its media bytes, empty if they could not be read. `frames` are the
    numbers of the frames to score; in the end, `blank` ones are not among them. `embeddings` are
    per backbone, float32, shape (frames, 1 + variants, width): embedding, then levels; `times` are
    seconds, shape (frames,); `maps` are those of the four logits, float32, shape (frames, rows,
    columns, 4).
    """

    number: int
    digest: str
    frames: NDArray[np.int64]
    sector: Sector | None
    error: str
    embeddings: dict[str, _Float32] = field(default_factory=dict)
    times: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    maps: _Float32 = field(default_factory=lambda: np.empty((0, 1, 1, 4), np.float32))
    pictures: Pictures | None = None
    blank: int = 0


class Networks:
    """A bundle's networks, ready to run; a context manager that closes them.

    `threads` is the upper limit of CPU threads; None for all cores.
    """

    def __init__(self, bundle: Bundle, threads: int | None = None) -> None:
        self._stack = ExitStack()
        self._bundle = bundle
        self.saliency = SaliencyMapper(bundle)
        self._networks = {
            name: self._stack.enter_context(
                open_stored_network(one.spec, one.graph, one.graph_weights, threads=threads)
            )
            for name, one in bundle.networks.items()
        }
        asked = any(member.settings.get("test_variants") for member in bundle.members)
        # variants that no head asks for are not computed
        self.extraction: ExtractionSettings = (
            bundle.extraction if asked else replace(bundle.extraction, variants=0)
        )

    def __enter__(self) -> Networks:
        return self

    def __exit__(self, *exception: object) -> None:
        self._stack.close()

    @property
    def first_size(self) -> _Size:
        """Input size of the first network, over which maps lie."""
        return next(iter(self._bundle.networks.values())).spec.input_size

    def embed(
        self,
        clips: Sequence[ExamClip],
        progress: Callable[[int, int], None] = lambda done, total: None,
        stop: Event | None = None,
    ) -> Iterator[EmbeddedClip]:
        """Run all clips through the networks.

        `progress` is called with (frames done, frames in all): clips that were not yet inspected
        are taken to be as long as the others.

        Raises
        ------
        ExamError
            If `stop` was set.
        """
        sizes = [network.spec.input_size for network in self._bundle.networks.values()]
        per_chunk = max(1, _IMAGES_PER_CHUNK // (1 + self.extraction.variants))
        gathered: dict[int, list[_Part]] = {}
        kept: dict[int, list[bool]] = {}
        takers: dict[int, PictureTaker] = {}
        lengths: dict[int, int] = {}
        done = 0
        with closing(stream_exam(clips, self.extraction, sizes, per_chunk)) as source:
            for clip, chunk in source:
                if stop is not None and stop.is_set():
                    raise ExamError("Scoring was stopped.")
                parts = gathered.setdefault(clip.number, [])
                taker = takers.setdefault(clip.number, PictureTaker(len(clip.frames)))
                lengths[clip.number] = 0 if clip.error else len(clip.frames)
                if chunk is None:
                    shows = kept.pop(clip.number, [])
                    clip.frames, clip.blank = clip.frames[: len(shows)][shows], shows.count(False)
                    self._finish(clip, gathered.pop(clip.number), takers.pop(clip.number))
                    yield clip
                    continue
                shows = self._not_blank(chunk, clip.sector)
                kept.setdefault(clip.number, []).extend(shows)
                done += len(chunk.times)
                if any(shows):
                    chunk = chunk.only(shows)
                    parts.append(self._run(chunk))
                    taker.add(chunk.shown)
                known = sum(lengths.values())
                unknown = round((len(clips) - len(lengths)) * known / len(lengths))
                progress(done, max(known + unknown, done))

    def _not_blank(self, chunk: Chunk, sector: Sector | None) -> list[bool]:
        """Tell which frames show anything of what the networks see."""
        if sector is None:
            inside = None
        else:
            inside = (sector_mask if self.extraction.sector == "none" else sector_crop)(sector)
        return [not is_blank(frame, inside) for frame in chunk.shown]

    def _run(self, chunk: Chunk) -> _Part:
        embedded: dict[str, _Float32] = {}
        maps: dict[str, dict[str, _Float32]] = {}
        for name, network in self._networks.items():
            images = chunk.images[self._bundle.networks[name].spec.input_size]
            frames, variants = images.shape[:2]
            embeddings, found = network.run(images.reshape(-1, *images.shape[2:]))
            embedded[name] = embeddings.reshape(frames, variants, -1)
            maps[name] = {
                key: one.reshape(frames, variants, *one.shape[1:])[:, 0]
                for key, one in found.items()
            }
        return embedded, chunk.times, self.saliency.map_frames(maps)

    def _finish(self, clip: EmbeddedClip, parts: list[_Part], taker: PictureTaker) -> None:
        if clip.error or not parts:
            return
        embedded, times, maps = zip(*parts, strict=True)
        clip.embeddings = {
            name: np.concatenate([part[name] for part in embedded]) for name in self._networks
        }
        clip.times, clip.maps = np.concatenate(times), np.concatenate(maps)
        clip.pictures = taker.take(clip.sector, self.extraction.sector, self.first_size)


def stream_exam(
    clips: Sequence[ExamClip],
    extraction: ExtractionSettings,
    sizes: Sequence[_Size],
    frames_per_chunk: int,
) -> Generator[tuple[EmbeddedClip, Chunk | None], None, None]:
    """Yield the chunks of every clip, and after its last one (or instead) the clip with None.

    A thread inspects and decodes each clip while the caller is busy with those before. The same
    recording given twice is read once: its second clip gets an error.
    """
    waiting: deque[EmbeddedClip] = deque()
    seen: dict[str, int] = {}

    def plan() -> Iterator[tuple[PlannedClip, Path, Sequence[_Size]]]:
        for number, clip in enumerate(clips, 1):
            media = inspect_clip(clip.path.name, clip.path)
            planned = plan_clip(media, extraction)
            error = media.error or (
                "" if len(planned.frames) else "The clip has no frame to score."
            )
            if not error and media.digest in seen:
                error = f"The clip is the same recording as clip {seen[media.digest]}."
            waiting.append(
                EmbeddedClip(number, media.digest, planned.frames, planned.sector, error)
            )
            if not error:
                seen[media.digest] = number
                yield planned, clip.path, sizes

    with closing(stream_clips(plan(), extraction, frames_per_chunk, shown=True)) as stream:
        for item in stream:
            while waiting[0].error:
                yield waiting.popleft(), None
            if isinstance(item, ClipEnd):
                ended = waiting.popleft()
                ended.error = item.error
                yield ended, None
            else:
                yield waiting[0], item
    while waiting:
        yield waiting.popleft(), None
