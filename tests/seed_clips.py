"""Small real clips of every format, to be mutated or mixed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
from PIL import Image

from clip_maker import encode, moving_bar

PYDICOM_FILES = Path(pydicom.__file__).parent / "data" / "test_files"
DICOM_SEEDS = (
    "examples_ybr_color.dcm",  # JPEG baseline, 30 frames
    "examples_jpeg2k.dcm",
    "examples_palette.dcm",
    "SC_rgb_rle_16bit_2frame.dcm",
    "SC_rgb_jpeg_gdcm.dcm",  # JPEG lossless
    "MR_small_jpeg_ls_lossless.dcm",
    "MR_small_jp2klossless.dcm",
    "JPEGLSNearLossless_16.dcm",
    "JPGExtended.dcm",
    "MR_small_bigendian.dcm",
    "MR_small_implicit.dcm",
    "SC_ybr_full_422_uncompressed.dcm",
    "image_dfl.dcm",
    "liver_1frame.dcm",
    "rtdose.dcm",
    "reportsi.dcm",
    "dicomdirtests/DICOMDIR",
)
VIDEO_SEEDS = {
    "a.mp4": "libx264",
    "b.mov": "mpeg4",
    "c.avi": "mpeg4",
    "d.mkv": "libx265",
    "e.mpg": "mpeg2video",
    "f.webm": "libvpx",
    "g.gif": "gif",
    "h.wmv": "wmv2",
    "i.avi": "mjpeg",
}


def write_seed_clips(folder: Path) -> list[Path]:
    """Write one clip of every format; return their paths."""
    frames = moving_bar(6)
    for name, codec in VIDEO_SEEDS.items():
        write_coded(folder / name, frames, codec)
    stills = [Image.fromarray(frame) for frame in frames[:3]]
    stills[0].save(folder / "j.png")
    stills[0].save(folder / "k.jpg")
    stills[0].save(folder / "l.bmp")
    stills[0].convert("CMYK").save(folder / "m.jpg")
    moving = {"save_all": True, "append_images": stills[1:]}
    stills[0].save(folder / "n.png", **moving, duration=40)
    stills[0].save(folder / "o.webp", **moving, duration=40, lossless=True)
    stills[0].save(folder / "p.tif", **moving)
    stills[0].save(folder / "q.tif", compression="tiff_lzw")
    stills[0].save(folder / "r.tif", compression="jpeg")
    Image.fromarray(frames[0, ..., 0].astype(np.uint16) << 8).save(folder / "s.png")
    for name in DICOM_SEEDS:
        copy = folder / f"t_{Path(name).name.removesuffix('.dcm')}.dcm"
        copy.write_bytes((PYDICOM_FILES / name).read_bytes())
    return sorted(folder.iterdir())


def write_coded(path: Path, frames: np.ndarray, codec: str) -> Path:
    """Encode frames with a codec that the container takes."""
    pixels = {"gif": "rgb8", "mjpeg": "yuvj420p"}.get(codec, "yuv420p")
    options = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    encode(path, frames, codec, pixels=pixels, options=options)
    return path
