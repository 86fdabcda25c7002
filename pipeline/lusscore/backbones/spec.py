"""What there is to know about a backbone before it is built."""

from __future__ import annotations

from dataclasses import dataclass

from lusscore.cohort import Level


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
        (stride, channels) of the last feature map at each stride, those that levels can be had
        of; empty where they are not known.
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
