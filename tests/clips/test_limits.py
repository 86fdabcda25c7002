"""A header may claim what it likes: it is refused before memory is taken for it."""

import struct
import subprocess
import sys
import zlib
from pathlib import Path

import cv2
import pytest
from PIL import Image
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEGBaseline8Bit, RLELossless

from clip_maker import moving_bar, write_gif, write_video
from dicom_maker import (
    coded_stream,
    save,
    ultrasound_header,
    write_encapsulated,
    write_ultrasound,
)
from lusscore.cli import options
from lusscore.clips import count_frames, open_clip, read_facts
from lusscore.clips.reader import (
    LARGEST_FRAME,
    MEGAPIXELS,
    MOST_FRAMES,
    MOST_MEGAPIXELS,
    check_frame_count,
    check_frame_size,
)
from lusscore.errors import ClipError
from seed_clips import write_coded


def patched(path: Path, old: bytes, new: bytes) -> Path:
    data = path.read_bytes()
    assert old in data
    assert len(old) == len(new)
    path.write_bytes(data.replace(old, new, 1))
    return path


def huge_png(folder: Path) -> Path:
    path = folder / "a.png"
    Image.new("RGB", (8, 8)).save(path)
    head = b"IHDR" + struct.pack(">LL", 8, 8)
    body = b"IHDR" + struct.pack(">LL", 100_000, 100_000) + b"\x08\x02\0\0\0"
    patched(path, head, body[:12])
    data = bytearray(path.read_bytes())
    at = data.index(b"IHDR") + 17
    data[at : at + 4] = zlib.crc32(body).to_bytes(4, "big")
    path.write_bytes(data)
    return path


def huge_tiff(folder: Path) -> Path:
    path = folder / "a.tif"
    Image.new("L", (8, 8)).save(path)
    data = path.read_bytes()
    for tag in (256, 257):
        entry = next(
            struct.pack("<HHLL", tag, kind, 1, 8)
            for kind in (3, 4)
            if struct.pack("<HHLL", tag, kind, 1, 8) in data
        )
        data = data.replace(entry, struct.pack("<HHLL", tag, 4, 1, 100_000))
    path.write_bytes(data)
    return path


def jpeg_claiming(side: int) -> bytes:
    data = cv2.imencode(".jpg", moving_bar(1)[0])[1].tobytes()
    old = struct.pack(">BHH", 8, 48, 64)
    assert old in data
    return data.replace(old, struct.pack(">BHH", 8, side, side), 1)


def huge_jpeg(folder: Path, side: int = 65_500) -> Path:
    (folder / "a.jpg").write_bytes(jpeg_claiming(side))
    return folder / "a.jpg"


def fairly_large_jpeg(folder: Path) -> Path:
    return huge_jpeg(folder, 10_000)


def huge_gif(folder: Path, side: int = 65_535) -> Path:
    path = folder / "a.gif"
    Image.new("P", (8, 8)).save(path)
    return patched(path, b"GIF87a\x08\0\x08\0", b"GIF89a" + struct.pack("<HH", side, side))


def large_gif(folder: Path) -> Path:
    return huge_gif(folder, 15_000)


def huge_avi(folder: Path) -> Path:
    path = write_coded(folder / "a.avi", moving_bar(3), "mjpeg")
    return patched(path, struct.pack("<LLL", 40, 64, 48), struct.pack("<LLL", 40, 100_000, 100_000))


def large_mjpeg_frames(folder: Path) -> Path:
    """A video whose header is modest and whose frames are not."""
    path = write_coded(folder / "b.avi", moving_bar(3), "mjpeg")
    data = path.read_bytes()
    old = struct.pack(">BHH", 8, 48, 64)
    assert old in data
    path.write_bytes(data.replace(old, struct.pack(">BHH", 8, 16_000, 16_000)))
    return path


def tall_pixels(folder: Path) -> Path:
    """A video whose pixels claim to be a million times wider than high."""
    path = folder / "a.mp4"
    path.write_bytes(coded_stream(moving_bar(2, 480, 640), "libx264", "mp4", aspect=2))
    pixels = b"pasp" + struct.pack(">LL", 2, 1)
    return patched(path, pixels, b"pasp" + struct.pack(">LL", 1_000_000, 1))


def huge_dicom(folder: Path) -> Path:
    return write_ultrasound(folder / "a.dcm", moving_bar(1), Rows=65_000, Columns=65_000)


def endless_dicom(folder: Path) -> Path:
    return write_ultrasound(folder / "b.dcm", moving_bar(1), NumberOfFrames=10**9)


def long_dicom(folder: Path) -> Path:
    return write_ultrasound(folder / "c.dcm", moving_bar(1), NumberOfFrames=MOST_FRAMES)


def stretched_dicom(folder: Path) -> Path:
    return write_ultrasound(folder / "d.dcm", moving_bar(1), PixelAspectRatio=["1", "100000"])


def dicom_around_a_huge_jpeg(folder: Path) -> Path:
    header = ultrasound_header(1, 48, 64, "YBR_FULL_422")
    parts = [jpeg_claiming(65_500)]
    return write_encapsulated(folder / "e.dcm", parts, header, JPEGBaseline8Bit)


def dicom_of_endless_runs(folder: Path) -> Path:
    header = ultrasound_header(1, 4, 4, "MONOCHROME2")
    segment = struct.pack("<16L", 1, 64, *[0] * 14) + b"\x81\0" * 200_000
    return write_encapsulated(folder / "f.dcm", [segment], header, RLELossless)


def deflated_bomb(folder: Path) -> Path:
    dataset = ultrasound_header(1, 48, 64, "MONOCHROME2")
    dataset.PixelData = bytes(48 * 64)
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    path = save(dataset, folder / "g.dcm")
    data = path.read_bytes()
    end = 144 + int.from_bytes(data[140:144], "little")
    squeeze = zlib.compressobj(1, zlib.DEFLATED, -15)
    zeros = bytes(1 << 24)
    packed = b"".join(squeeze.compress(zeros) for _ in range(17)) + squeeze.flush()
    path.write_bytes(data[:end] + packed)
    return path


def endless_header(folder: Path) -> Path:
    """A header that never comes to its end: a million empty elements."""
    path = write_ultrasound(folder / "i.dcm", moving_bar(1))
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"\xe0\x7f\x10\0")] + bytes(8_000_000))
    return path


def long_element(folder: Path) -> Path:
    """An element of a few bytes that claims four billion."""
    path = write_ultrasound(folder / "h.dcm", moving_bar(1), ImageComments="x" * 40)
    data = path.read_bytes()
    old = b"\x20\x00\x00\x40LT" + struct.pack("<H", 40)
    new = b"\x20\x00\x00\x40UT\0\0" + struct.pack("<L", 0xFFFFFFF0)
    assert old in data
    path.write_bytes(data.replace(old, new + b"x" * 36))
    return path


BOMBS = {
    huge_png: "more pixels than are read",
    huge_tiff: "more pixels than are read",
    huge_jpeg: "more pixels than are read",
    fairly_large_jpeg: "declares frames of 10000 × 10000 pixels; at most 16777216 pixels",
    huge_gif: "cannot be decoded|declares frames of 65535 × 65535|declares more pixels",
    large_gif: "cannot be decoded|declares frames of 15000 × 15000|declares more pixels",
    large_mjpeg_frames: "cannot be decoded|declares frames",
    tall_pixels: "declares frames of",
    huge_dicom: "declares frames of 65000 × 65000 pixels",
    endless_dicom: "1000000000 frames or more; at most 100000",
    long_dicom: "is truncated: its 100000 frames take",
    stretched_dicom: "declares frames of 6400000 × 48 pixels",
    dicom_around_a_huge_jpeg: "declares 64 × 48 pixels of 3 samples but frame 0 has 65500 × 65500",
    dicom_of_endless_runs: "bytes of run lengths as frame 0",
    deflated_bomb: "inflates to more than",
    endless_header: "header of more than 20000 elements",
    long_element: "is DICOM without a picture",
}


@pytest.mark.parametrize("make", BOMBS, ids=lambda make: make.__name__)
def test_what_claims_too_much_is_refused(tmp_path: Path, make: object) -> None:
    path = make(tmp_path)  # type: ignore[operator]
    for ask in (count_frames, lambda clip: list(open_clip(clip))):
        with pytest.raises(ClipError, match=BOMBS[make]):
            ask(path)


@pytest.mark.parametrize("make", [huge_png, huge_tiff, huge_jpeg, fairly_large_jpeg])
def test_facts_of_a_huge_image_are_refused_too(tmp_path: Path, make: object) -> None:
    with pytest.raises(ClipError, match=BOMBS[make]):
        read_facts(make(tmp_path))  # type: ignore[operator]


_MEASURE = """
import resource, sys
from pathlib import Path
from lusscore.clips import count_frames, open_clip, read_facts
from lusscore.errors import ClipError
count_frames(Path(sys.argv[1]))
for name in sys.argv[2:]:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for ask in (read_facts, count_frames, lambda clip: list(open_clip(clip))):
        try:
            ask(Path(name))
        except ClipError:
            pass
    taken = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(Path(name).name, round(taken))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is counted in kB on Linux alone")
def test_what_claims_too_much_takes_little_memory(tmp_path: Path) -> None:
    paths = []
    # the deflated one is inflated up to its limit: that is the limit
    for number, make in enumerate(bomb for bomb in BOMBS if bomb is not deflated_bomb):
        (tmp_path / str(number)).mkdir()
        paths.append(make(tmp_path / str(number)))
    whole = write_ultrasound(tmp_path / "whole.dcm", moving_bar(2))
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(whole), *map(str, paths)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    taken = dict(line.split() for line in done.stdout.splitlines())
    assert len(taken) == len({path.name for path in paths})
    assert all(int(megabytes) < 150 for megabytes in taken.values()), taken


def test_what_only_the_container_claims_is_not_believed(tmp_path: Path) -> None:
    assert [frame.rgb.shape for frame in open_clip(huge_avi(tmp_path))] == [(48, 64, 3)] * 3


def test_a_frame_at_the_limit_is_allowed() -> None:
    check_frame_size(8192, LARGEST_FRAME // 8192)
    check_frame_count(MOST_FRAMES)
    check_frame_count(1900, 1080, 1920)
    with pytest.raises(ClipError):
        check_frame_size(8193, LARGEST_FRAME // 8192)
    with pytest.raises(ClipError, match="at most 4000 million pixels .* raise --max-megapixels"):
        check_frame_count(1950, 1080, 1920)
    with pytest.raises(ClipError, match="at least one pixel"):
        check_frame_size(0, 5)
    with pytest.raises(ClipError):
        check_frame_count(MOST_FRAMES + 1)


@pytest.mark.slow
def test_a_gif_of_a_million_frames_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    stills = [Image.new("P", (2, 2), number) for number in range(2)]
    for still in stills:
        still.putpalette([0, 0, 0, 255, 255, 255] * 2)
    stills[0].save(path, save_all=True, append_images=stills[1:])
    data = path.read_bytes()
    second = data.rindex(b"\x21\xf9") if b"\x21\xf9" in data else data.rindex(b"\x2c")
    path.write_bytes(data[:second] + data[second:-1] * 1_000_000 + b"\x3b")
    with pytest.raises(ClipError, match=r"\d{6,} frames or more; at most 100000 are read"):
        count_frames(path)


def test_the_option_and_the_reader_agree() -> None:
    assert (options.MEGAPIXELS, options.MOST_MEGAPIXELS) == (MEGAPIXELS, MOST_MEGAPIXELS)


def test_pixels_times_frames_are_bounded_before_memory_and_time_are_spent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    video = moving_bar(12, 96, 96)
    clips = [
        write_video(tmp_path / "a.mp4", video),
        write_gif(tmp_path / "b.gif", video),
        write_gif(tmp_path / "c.png", video),
        write_ultrasound(tmp_path / "d.dcm", video),
    ]
    assert [count_frames(path) for path in clips] == [12] * 4
    monkeypatch.setenv("LUSSCORE_MAX_MEGAPIXELS", "0.1")
    for path in clips:
        with pytest.raises(ClipError, match="million pixels are read"):
            list(open_clip(path))
