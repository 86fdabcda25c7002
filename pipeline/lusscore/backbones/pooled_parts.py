"""Which columns of what a backbone gives are pooled from which of its feature maps, and how."""

from __future__ import annotations

from dataclasses import dataclass

from lusscore.backbones.spec import BackboneSpec
from lusscore.cohort import Level

EMBEDDING = "embedding"


@dataclass(frozen=True)
class Part:
    """The embedding or one level.

    Attributes
    ----------
    name
        ``"embedding"``, or the level's name, such as ``"16.top"``.
    map
        The feature map it is pooled from: ``"embedding"``, or the level's stride as text.
    pooling
        One of :data:`lusscore.cohort.extraction.POOLINGS`.
    start, stop
        Its columns, inclusive-exclusive, among the ``spec.width`` that an engine gives.
    """

    name: str
    map: str
    pooling: str
    start: int
    stop: int


def pooled_parts(spec: BackboneSpec) -> tuple[Part, ...]:
    """Return the parts of what the backbone gives for an image, in the order of its columns.

    The embedding counts as the mean of its map, which holds for every network that has one; see
    :class:`lusscore.backbones.OpenVINONetwork` for those that have none.
    """
    parts = [Part(EMBEDDING, EMBEDDING, "mean", 0, spec.embedding_size)]
    for name, size in spec.level_sizes.items():
        stride, pooling = Level.parse(name)
        start = parts[-1].stop
        parts.append(Part(name, str(stride), pooling, start, start + size))
    return tuple(parts)
