"""The feature file: one HDF5 file per cohort and backbone, all that stage two reads.

Its first 512 bytes, HDF5's user block, hold the SHA-256 of everything else. Bytes that do not fit
it are never given to HDF5. Embeddings lie in one piece and are mapped into memory, so that what is
not used takes none.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, BinaryIO

import h5py
import numpy as np
from numpy.typing import NDArray

from lusscore import __version__
from lusscore.backbones import BackboneSpec
from lusscore.cohort import Cohort, Segment
from lusscore.errors import DamagedFileError, FeatureFileError
from lusscore.features.media import CACHE_NAME, PlannedClip
from lusscore.features.parts import Block, Needs
from lusscore.features.recipe import EMBEDDING, Table, digest_of
from lusscore.files import read_record, write_record, written_whole

SCHEMA = 3
REPLACES_MAPPED_FILES = os.name != "nt"
_TITLE = "lusscore feature file, schema {}\n"
_USER_BLOCK = 512
_HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_VERIFIED_NAME = "verified.json"
_CHUNK = 1 << 20

# called with the number of bytes just read
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Features:
    """The embeddings of a cohort by one backbone, mapped into memory.

    Attributes
    ----------
    path
        The file.
    digest
        SHA-256 of its content.
    recipe
        Everything that can change an embedding; see :mod:`lusscore.features.recipe`.
    selection
        What the file holds of each clip: frames policy, variants, augmentation, layers.
    attrs
        As texts: ``engine``, ``lusscore``, ``created``, ``network`` (the backbone as JSON).
    embeddings
        float16 or float32, shape (frames, 1 + variants, dim); variant 0 is the clean frame.
    levels
        Per further layer, such as ``"16.top"``, float16 or float32, shape (frames, 1 + variants,
        size of the layer).
    clip
        int32, shape (frames,): index into `paths`.
    frame
        int32, shape (frames,): frame number in its clip.
    time
        float32, shape (frames,): seconds from the clip's start, NaN where it has no clock.
    paths, digests, errors
        Per clip: as in the manifest; the SHA-256 of its media bytes; why it has no embeddings,
        else empty.
    parts
        Names of the parts of the cache that it was packed from.
    """

    path: Path
    digest: str
    recipe: Table
    selection: Table
    attrs: Mapping[str, str]
    embeddings: NDArray[np.floating[Any]]
    levels: Mapping[str, NDArray[np.floating[Any]]]
    clip: NDArray[np.int32]
    frame: NDArray[np.int32]
    time: NDArray[np.float32]
    paths: tuple[str, ...]
    digests: tuple[str, ...]
    errors: tuple[str, ...]
    parts: tuple[str, ...] = ()
    stored: NDArray[np.floating[Any]] = field(default_factory=lambda: np.empty((0, 1, 0)))

    @property
    def backbone(self) -> str:
        """Name of the backbone."""
        return str(self.recipe["backbone"])

    @property
    def done(self) -> NDArray[np.bool_]:
        """Whether each clip has embeddings: bool, shape (clips,)."""
        return np.array([not error for error in self.errors], bool)

    @property
    def settings_digest(self) -> str:
        """SHA-256 of recipe and selection."""
        return digest_of({"recipe": self.recipe, "selection": self.selection})

    def rows(self, clip: int) -> slice:
        """Rows of a clip, which lie beside each other."""
        start, stop = np.searchsorted(self.clip, [clip, clip + 1]).tolist()
        return slice(start, stop)

    def segments(self, segments: Sequence[Segment]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Join segments of clips, such as the rows of a manifest, with the frames they hold.

        Returns
        -------
        tuple of ndarray
            Index into `segments`, and row of the file, both shape (pairs,): segments in the order
            given, their frames in order. A segment whose clip failed or is not there has none.
        """
        place = {path: clip for clip, path in enumerate(self.paths) if not self.errors[clip]}
        order = np.argsort(self.clip, kind="stable")
        bounds = np.searchsorted(self.clip[order], np.arange(len(self.paths) + 1))
        number, rows = [], []
        for one, segment in enumerate(segments):
            if segment.clip not in place:
                continue
            clip = place[segment.clip]
            own = order[bounds[clip] : bounds[clip + 1]]
            frames = self.frame[own]
            end = np.inf if segment.frame_end is None else segment.frame_end
            inside = np.flatnonzero((frames >= segment.frame_start) & (frames < end))
            rows.append(own[inside[np.argsort(frames[inside], kind="stable")]])
            number.append(np.full(len(inside), one))
        none = [np.empty(0, np.int64)]
        return np.concatenate(number or none), np.concatenate(rows or none)

    def replaceable(self) -> Features:
        """Return the features as they are while another file takes this one's place.

        Windows does not replace a file that is mapped, so there they are copied into memory.
        """
        if REPLACES_MAPPED_FILES:
            return self
        stored = np.array(self.stored)
        return replace(self, stored=stored, **_layers(stored, self.selection))

    def block(self, clip: int) -> Block:
        """Return what the file holds of a clip as the cache would."""
        rows, needs = self.rows(clip), Needs.of(self.selection, self.recipe["dtype"])
        return Block(
            self.frame[rows].astype(np.int64),
            self.time[rows],
            needs.variants,
            needs.augmentation,
            needs.layers,
            self.stored[rows],
            self.attrs["engine"],
        )


Entries = Callable[[PlannedClip], tuple[NDArray[Any], NDArray[np.float32], list[Block]]]


def feature_path(features_dir: Path, cohort: Cohort, backbone: str) -> Path:
    """Return where the embeddings of a cohort and backbone lie."""
    return features_dir / cohort.name / f"{backbone}.h5"


def read_features(path: Path, *, again: bool = False, progress: Progress | None = None) -> Features:
    """Compare a feature file with its digest and map it into memory.

    Embeddings of a file whose size, time and inode are those of the last comparison are not read
    again; everything else always is.

    Parameters
    ----------
    path
        The file, in the folder of its cohort.
    again
        Read every byte whatever is remembered; `progress` is called with bytes just read.

    Raises
    ------
    FeatureFileError
        If it is missing, may not be read, is no feature file, of another schema or damaged
        (:class:`~lusscore.errors.DamagedFileError`).
    """
    try:
        with path.open("rb") as raw:
            digest = _verified(raw, path, again, progress or (lambda size: None))
            with h5py.File(raw, "r") as file:
                return _open(path, digest, raw, file)
    except FileNotFoundError:
        raise FeatureFileError(
            "there is no feature file",
            advice=f"make it with 'lusscore features {path.parent.name}'",
            path=path,
        ) from None
    except OSError as error:
        raise FeatureFileError(
            f"it cannot be read ({error.strerror or type(error).__name__})",
            advice="check its permissions and the drive",
            path=path,
        ) from None


def write_features(
    path: Path,
    spec: BackboneSpec,
    recipe: Table,
    selection: Table,
    clips: Sequence[PlannedClip],
    entries: Entries,
    parts: Sequence[str] = (),
) -> None:
    """Write a feature file whole; one that is there stays until then.

    `clips` is what it holds, in order. `entries` gives a clip's embeddings, shape (frames, 1 +
    variants, width), its seconds, and the blocks that they come from; `parts` are names of parts
    that it was packed from, beside those of the blocks. `spec` is kept for places where its
    network is not. WriteError if the disk is full or the file may not be replaced.
    """
    with written_whole(path) as raw:
        sink = _Sink(raw)
        try:
            with h5py.File(sink, "w", libver="earliest", userblock_size=_USER_BLOCK) as file:
                used = _write_rows(file, clips, Needs.of(selection, recipe["dtype"]), entries)
                for name in ("path", "digest", "error"):
                    _write_texts(file, f"clips/{name}", [getattr(clip, name) for clip in clips])
                names = {*parts, *(block.name for block in used)} - {""}
                _write_texts(file, "parts", sorted(names))
                made_by = {one for block in used for one in block.made_by.split("; ")}
                for name, value in {
                    "schema": SCHEMA,
                    "recipe": json.dumps(recipe, sort_keys=True),
                    "recipe_sha256": digest_of(recipe),
                    "selection": json.dumps(selection),  # layers are in the order of the columns
                    # where the network was is nobody else's business
                    "network": json.dumps(asdict(spec) | {"source": ""}),
                    "engine": "; ".join(sorted(made_by)),
                    "lusscore": __version__,
                    "created": datetime.now(timezone.utc).isoformat(timespec="seconds"),
                }.items():
                    file.attrs[name] = value
                stored = file["embeddings"]
                start = stored.id.get_offset() if stored.size else _USER_BLOCK
                stop = start + stored.size * stored.dtype.itemsize
        except (OSError, RuntimeError):
            if sink.error is None:
                raise
        if sink.error is not None:
            raise sink.error
        seal = _Seal.of(raw, start, stop)
        raw.seek(0)
        raw.write(seal.user_block())


class _Sink:
    """A file that HDF5 never learns is full: it cannot close such a file, and dies later.

    `error` is the first write that failed; what comes after it is dropped.
    """

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self.error: OSError | None = None
        self.seek, self.tell, self.read, self.readinto = (
            raw.seek, raw.tell, raw.read, raw.readinto,
        )  # fmt: skip

    def _unless_failed(self, call: Callable[..., Any], *arguments: Any) -> None:
        if self.error is None:
            try:
                call(*arguments)
            except OSError as error:
                self.error = error

    def write(self, data: Any) -> int:
        self._unless_failed(self._raw.write, data)
        return len(data)

    def truncate(self, size: int) -> int:
        self._unless_failed(self._raw.truncate, size)
        return size

    def flush(self) -> None:
        self._unless_failed(self._raw.flush)


def _write_texts(file: h5py.File, name: str, texts: Sequence[str]) -> None:
    """Write texts of a fixed length, which every HDF5 library reads."""
    encoded = [text.encode() for text in texts]
    kind = h5py.string_dtype("utf-8", max(map(len, encoded), default=0) or 1)
    file[name] = np.array(encoded, dtype=f"S{kind.itemsize}").astype(kind)


def _write_rows(
    file: h5py.File, clips: Sequence[PlannedClip], needs: Needs, entries: Entries
) -> list[Block]:
    """Write embeddings and frames; return the blocks that they come from, without embeddings."""
    counts = [len(clip.frames) for clip in clips]
    shape = (sum(counts), len(needs.variants), needs.width)
    stored = file.create_dataset("embeddings", shape, needs.dtype)
    times = np.full(len(stored), np.nan, np.float32)
    none = np.empty((0, 0, 0), needs.dtype)
    used: list[Block] = []
    for clip, count, stop in zip(clips, counts, np.cumsum(counts).tolist(), strict=True):
        if count:
            rows = slice(stop - count, stop)
            stored[rows], times[rows], blocks = entries(clip)
            used += [replace(block, embeddings=none) for block in blocks]
    file["frames/time"] = times
    file["frames/clip"] = np.repeat(np.arange(len(clips), dtype=np.int32), counts)
    numbers = np.concatenate([np.empty(0, np.int64), *(clip.frames for clip in clips)])
    file["frames/index"] = numbers.astype(np.int32)
    return used


@dataclass(frozen=True)
class _Seal:
    """What the user block says of the bytes after it.

    `head_sha256` is that of all but the embeddings, which lie from `start` to `stop`: of what HDF5
    reads by itself, some hundred kilobytes.
    """

    sha256: str
    head_sha256: str
    start: int
    stop: int

    @classmethod
    def of(
        cls, raw: BinaryIO, start: int, stop: int, progress: Progress = lambda size: None
    ) -> _Seal:
        """Digest an open file."""
        whole, head = hashlib.sha256(), hashlib.sha256()
        raw.seek(_USER_BLOCK)
        for end, digests in ((start, (whole, head)), (stop, (whole,)), (None, (whole, head))):
            while chunk := raw.read(_CHUNK if end is None else min(_CHUNK, end - raw.tell())):
                progress(len(chunk))
                for digest in digests:
                    digest.update(chunk)
        return cls(whole.hexdigest(), head.hexdigest(), start, stop)

    def head_fits(self, raw: BinaryIO) -> bool:
        """Say whether all but the embeddings is as it was written."""
        digest = hashlib.sha256()
        for start, stop in ((_USER_BLOCK, self.start), (self.stop, -1)):
            raw.seek(start)
            digest.update(raw.read(stop - start if stop >= 0 else -1))
        return digest.hexdigest() == self.head_sha256

    def user_block(self) -> bytes:
        """Return the first bytes of the file."""
        text = _TITLE.format(SCHEMA) + json.dumps(asdict(self), indent=1)
        body = f"{text}\nAn HDF5 file follows at byte {_USER_BLOCK}.\n".encode()
        digest = hashlib.sha256(body).hexdigest().encode()
        return (body + digest + b"\n").ljust(_USER_BLOCK, b"\0")

    @classmethod
    def read(cls, path: Path, block: bytes) -> _Seal:
        """Take a user block apart, which must be whole."""
        if block.startswith(_HDF5_SIGNATURE):
            raise FeatureFileError(
                "it is an HDF5 file but no feature file of this version of lusscore",
                advice="move it away and run 'lusscore features'",
                path=path,
            )
        body, _, digest = block.rstrip(b"\0").rstrip(b"\n").rpartition(b"\n")
        if hashlib.sha256(body + b"\n").hexdigest().encode() != digest:
            raise DamagedFileError(path, "it does not begin as a feature file does")
        title, _, rest = body.decode().partition("\n")
        if title + "\n" != _TITLE.format(SCHEMA):
            raise FeatureFileError(
                f"it was written by another version of lusscore ({title}, expected schema "
                f"{SCHEMA})",
                advice="install that version, or move the file away and run 'lusscore features'",
                path=path,
            )
        return cls(**json.loads(rest[: rest.rindex("}") + 1]))


def _verified(raw: BinaryIO, path: Path, again: bool, progress: Progress) -> str:
    """Return the digest that an open file has in its user block, once its bytes have proved it.

    What HDF5 will read is always compared; embeddings where size, time or inode of the file are
    new, or they are asked for.
    """
    block = raw.read(_USER_BLOCK)
    seal = _Seal.read(path, block)
    memory = path.parent.parent / CACHE_NAME / _VERIFIED_NAME
    known, key = read_record(memory) or {}, f"{path.parent.name}/{path.name}"
    stat = os.fstat(raw.fileno())
    mark = [stat.st_size, stat.st_mtime_ns, stat.st_ino, seal.sha256]
    remembered = known.pop(key, None)
    sound = block == seal.user_block() and seal.head_fits(raw)
    if sound and (again or remembered != mark):
        sound = _Seal.of(raw, seal.start, seal.stop, progress) == seal
    if not sound:
        write_record(memory, known)
        raise DamagedFileError(path, "its checksum does not match")
    if remembered != mark:
        write_record(memory, known | {key: mark})
    return seal.sha256


def _open(path: Path, digest: str, raw: BinaryIO, file: h5py.File) -> Features:
    attrs = {name: str(file.attrs[name]) for name in file.attrs}
    recipe, selection = json.loads(attrs.pop("recipe")), json.loads(attrs.pop("selection"))
    dataset = file["embeddings"]
    stored: NDArray[Any] = np.empty(dataset.shape, dataset.dtype)
    if stored.size:
        mapped = mmap.mmap(raw.fileno(), 0, access=mmap.ACCESS_READ)
        stored = np.frombuffer(mapped, dataset.dtype, stored.size, dataset.id.get_offset())
        stored = stored.reshape(dataset.shape)
    return Features(
        path=path,
        digest=digest,
        recipe=recipe,
        selection=selection,
        attrs=attrs,
        **_layers(stored, selection),
        clip=file["frames/clip"][...],
        frame=file["frames/index"][...],
        time=file["frames/time"][...],
        paths=_texts(file["clips/path"][...]),
        digests=_texts(file["clips/digest"][...]),
        errors=_texts(file["clips/error"][...]),
        parts=_texts(file["parts"][...]),
        stored=stored,
    )


def _layers(stored: NDArray[Any], selection: Table) -> dict[str, Any]:
    """Name the columns of a feature file: the embedding, and further layers."""
    places, start = {}, 0
    for name, size in selection["layers"].items():
        places[name] = stored[..., start : start + size]
        start += size
    return {"embeddings": places.pop(EMBEDDING), "levels": places}


def _texts(values: Iterable[bytes]) -> tuple[str, ...]:
    return tuple(value.decode() for value in values)
