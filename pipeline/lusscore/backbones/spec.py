"""What there is to know about a backbone before it is built: plain data and the names of levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lusscore.cohort import Level
from lusscore.errors import BackboneError


@dataclass(frozen=True)
class BackboneSpec:
    """A backbone as plain data: it can be pickled, compared and sent to a worker.

    Attributes
    ----------
    name
        Registered name; the file stem of an ONNX file.
    input_size
        (height, width) of the frames it takes, in pixels.
    preprocessing
        Registered name (see :mod:`lusscore.backbones.preprocessing`).
    embedding_size
        Length of the pooled last feature map.
    parameters
        Number of weights, without the classifier.
    flops
        Floating-point operations for one image, a multiplication and an addition counting as
        two; None when an ONNX file leaves it open.
    family
        ``"bundled"`` (weights are part of lusscore), ``"keras"`` (keras.applications),
        ``"onnx"`` (a file of the user's) or ``"registered"`` (added by other code; weights come
        from a weights folder).
    source
        How to build it: the class name in ``keras.applications``, or the path of the ONNX file.
    cached_weights
        Name of the file in which Keras keeps downloaded weights; empty where it has none.
    layout
        Axis order of the network's input, ``"NHWC"`` or ``"NCHW"``. Frames are always NHWC; the
        engine turns them.
    output
        Name of the tensor whose values are the embedding; empty for the network's own output.
    maps
        (stride, channels) of the last feature map at each stride, which levels are pooled from;
        empty where they are not known.
    levels
        Names of the levels that are computed beside the embedding, in alphabetical order; set
        by :func:`lusscore.backbones.with_levels`.
    """

    name: str
    input_size: tuple[int, int]
    preprocessing: str
    embedding_size: int
    parameters: int
    flops: int | None
    family: str
    source: str = ""
    cached_weights: str = ""
    layout: str = "NHWC"
    output: str = ""
    maps: tuple[tuple[int, int], ...] = ()
    levels: tuple[str, ...] = ()

    @property
    def level_sizes(self) -> dict[str, int]:
        """Length of each level, in the order in which they follow the embedding."""
        channels = dict(self.maps)
        return {name: channels[Level.parse(name).stride] for name in self.levels}

    @property
    def width(self) -> int:
        """Length of what an engine gives for an image: the embedding, then its levels."""
        return self.embedding_size + sum(self.level_sizes.values())


def with_levels(spec: BackboneSpec, names: Sequence[str]) -> BackboneSpec:
    """Return the spec of the same backbone that also gives levels, such as ``"16.top"``.

    The order of the names does not matter: levels always come in alphabetical order.

    Raises
    ------
    BackboneError
        If the backbone has no feature map of that stride, or none that is known.
    ValueError
        If a name is none that a card may have.
    """
    strides = [stride for stride, _ in spec.maps]
    for name in names:
        if Level.parse(name).stride in strides:
            continue
        if spec.family == "onnx":
            raise BackboneError(
                f"The ONNX file {spec.source} has no level {name}: only its output is known. "
                "Leave levels out of the card's [extraction], or choose a network that 'lusscore "
                "backbones' lists."
            )
        if not strides:
            raise BackboneError(
                f"{spec.name} has no level {name}: its feature maps are not known. Give them as "
                "maps where it is registered, or leave levels out of the card."
            )
        raise BackboneError(
            f"{spec.name} has no feature map for the level {name}; its strides are "
            f"{', '.join(map(str, strides))}. Correct levels in the card's [extraction]."
        )
    return replace(spec, levels=tuple(sorted(names)))


@dataclass(frozen=True)
class Layer:
    """The embedding or one level: a feature map, pooled.

    `name` is ``"embedding"``, or the level's name, such as ``"16.top"``; `map` the feature map it
    is pooled from: ``"embedding"``, or the level's stride as text. Its columns, among the
    ``spec.width`` that an engine gives, are those from `start` to `stop`, which is not included.
    """

    name: str
    map: str
    pooling: str
    start: int
    stop: int


def pooled_layers(spec: BackboneSpec) -> tuple[Layer, ...]:
    """Return the layers that the backbone gives for an image, in the order of its columns.

    The embedding counts as the mean of its map; see :class:`lusscore.backbones.OpenVINONetwork`
    for networks that have no such map.
    """
    layers = [Layer("embedding", "embedding", "mean", 0, spec.embedding_size)]
    for name, size in spec.level_sizes.items():
        stride, pooling = Level.parse(name)
        start = layers[-1].stop
        layers.append(Layer(name, str(stride), pooling, start, start + size))
    return tuple(layers)
