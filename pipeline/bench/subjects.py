"""What is measured: phantoms, clips so small that all else shows, and a small network."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from lusscore.backbones import (
    BackboneSpec,
    Network,
    get_backbone,
    import_keras,
    register_backbone,
    registered_backbones,
)
from lusscore.cohort import (
    Card,
    Cohort,
    ExtractionSettings,
    FramesPolicy,
    PhantomSettings,
    Segment,
    get_protocol,
    read_cohort,
    write_cohort,
    write_phantom,
)

_PROTOCOL = "lus-12"
CLIPS_PER_PATIENT = 12
LEAST_FRAMES_PER_CLIP = 2


def make_phantom(
    root: Path, patients: int, frames: int, *, variants: int = 3, dtype: str = "float16"
) -> Cohort:
    """Render a phantom cohort, or read it where it was rendered before."""
    per_clip = max(LEAST_FRAMES_PER_CLIP, math.ceil(frames / (patients * CLIPS_PER_PATIENT)))
    name = f"phantom-{patients}-{per_clip}-{variants}-{dtype}"
    if (root / name).is_dir():
        return read_cohort(root / name)
    extraction = ExtractionSettings(FramesPolicy("all"), variants=variants, dtype=dtype)
    settings = PhantomSettings(patients, frames=per_clip, extraction=extraction, name=name)
    return write_phantom(root / name, settings, jobs=1)


def make_small_clips(root: Path, clips: int, frames: int, *, size: int = 64) -> Cohort:
    """Write a cohort of small clips without augmentation, each with a content of its own."""
    name = f"small-clips-{clips}-{frames}"
    folder = root / name
    (folder / "clips").mkdir(parents=True)
    zones = get_protocol(_PROTOCOL).zone_names
    segments = []
    for number in range(clips):
        clip = f"clips/{number:05d}.mp4"
        _write_small_clip(folder / clip, number, frames, size)
        patient = f"generated-{number // len(zones)}"
        segments.append(Segment(clip, patient, "1", zones[number % len(zones)], number % 4))
    card = Card(
        name,
        _PROTOCOL,
        "unknown",
        description="Generated noise.",
        synthetic=True,
        extraction=ExtractionSettings(FramesPolicy("all"), variants=0),
    )
    return write_cohort(folder, card, segments)


def _write_small_clip(path: Path, seed: int, frames: int, size: int) -> None:
    """Encode noise that moves down, as MPEG-4, which takes little time."""
    import av

    noise = np.random.default_rng(seed).integers(0, 256, (size, size, 1), dtype=np.uint8)
    noise = noise.repeat(3, axis=2)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width = stream.height = size
        stream.pix_fmt = "yuv420p"
        for number in range(frames):
            image = np.roll(noise, number, axis=0)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))


SMALL_BACKBONE = "small"
_CHANNELS = (8, 16, 32)
SMALL_SPEC = BackboneSpec(
    name=SMALL_BACKBONE,
    input_size=(32, 32),
    preprocessing="lite",
    embedding_size=_CHANNELS[-1],
    # 3 × 3 kernels and biases: 3→8, 8→16, 16→32
    parameters=6_032,
    # twice 16² × 8 × 27, 8² × 16 × 72 and 4² × 32 × 144
    flops=405_504,
    family="registered",
)
# starts the command with the small backbone among the others
SMALL_COMMAND = (
    "from bench.subjects import register_small_backbone;"
    "register_small_backbone();"
    "from lusscore.cli import main;"
    "main()"
)


def register_small_backbone() -> None:
    """Let this process know the small backbone; nothing happens the second time."""
    if SMALL_BACKBONE not in registered_backbones():
        register_backbone(SMALL_SPEC)(build_small_backbone)


def find_backbone(name: str) -> BackboneSpec:
    """Return the spec of a backbone, the small one included, without registering that."""
    return SMALL_SPEC if name == SMALL_BACKBONE else get_backbone(name)


def build_small_backbone(spec: BackboneSpec) -> Network:
    """Build three strided convolutions with ReLU."""
    keras = import_keras()
    inputs = keras.Input((*spec.input_size, 3))
    x = inputs
    for channels in _CHANNELS:
        x = keras.layers.Conv2D(channels, 3, 2, padding="same", activation="relu")(x)
    return keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(x), name=spec.name)
