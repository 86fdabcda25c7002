import gc
import subprocess
import sys
from pathlib import Path

import numpy as np
import pydicom
import pytest

from lusscore.clips import count_frames, open_clip
from lusscore.clips.dicom.decoder_process import DecoderProcess
from lusscore.errors import ClipError
from seed_clips import PYDICOM_FILES

LOSSLESS = PYDICOM_FILES / "SC_rgb_jpeg_gdcm.dcm"
BARE = "import sys, pydicom; pydicom.dcmread(sys.argv[1]).pixel_array"


def no_huffman_table(data: bytes) -> bytes:
    frame_header = data.index(b"\xff\xc3")
    table = data.index(b"\xff\xc4", frame_header)
    return data[:table] + b"\0\0" + data[table + 2 :]


def impossible_precision(data: bytes) -> bytes:
    frame_header = data.index(b"\xff\xc3")
    return data[: frame_header + 4] + b"\xf7" + data[frame_header + 5 :]


@pytest.mark.parametrize("breaking", [no_huffman_table, impossible_precision])
def test_what_crashes_the_decoder_gets_a_sentence(tmp_path: Path, breaking: object) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(breaking(LOSSLESS.read_bytes()))  # type: ignore[operator]
    for ask in (count_frames, lambda clip: list(open_clip(clip))):
        with pytest.raises(ClipError, match="cannot be decoded from frame 0 on"):
            ask(path)
    # where this no longer holds, GDCM has been mended
    bare = subprocess.run([sys.executable, "-c", BARE, str(path)], capture_output=True, check=False)
    assert bare.returncode != 0


@pytest.mark.slow
def test_a_process_that_died_is_started_again() -> None:
    dataset = pydicom.dcmread(LOSSLESS)
    frame = pydicom.encaps.get_frame(dataset.PixelData, 0, number_of_frames=1)
    options = {
        "rows": 100,
        "columns": 100,
        "samples_per_pixel": 3,
        "photometric_interpretation": "RGB",
        "number_of_frames": 1,
        "bits_allocated": 8,
        "bits_stored": 8,
        "pixel_representation": 0,
        "pixel_keyword": "PixelData",
        "planar_configuration": 0,
    }
    syntax = str(dataset.file_meta.TransferSyntaxUID)
    with DecoderProcess() as process:
        first, photometric = process.decode(frame, syntax, options)
        assert (first.shape, photometric) == ((100, 100, 3), "RGB")
        with pytest.raises(ValueError, match="not decoded"):
            process.decode(b"no codestream", syntax, options)
        assert process._process is not None
        process._process.kill()
        process._process.wait()
        again, _ = process.decode(frame, syntax, options)
        np.testing.assert_array_equal(first, again)
        running = process._process
    assert running.poll() is not None


def test_a_process_that_does_not_answer_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from lusscore.clips.dicom import decoder_process

    monkeypatch.setattr(decoder_process, "_START", "import time; time.sleep(60)")
    monkeypatch.setattr(decoder_process, "_SECONDS", 0.3)
    with DecoderProcess() as process, pytest.raises(ValueError, match="not decoded|died"):
        process.decode(b"x" * 1_000_000, "1.2.840.10008.1.2.4.70", {})


def test_a_clip_that_is_left_half_way_leaves_no_process() -> None:
    frames = open_clip(LOSSLESS)
    next(frames)
    before = children()
    frames.close()  # type: ignore[attr-defined]
    del frames
    gc.collect()
    assert len(children()) < len(before) or not before


def children() -> list[str]:
    """Processes that this one started, where the system tells."""
    folder = Path(f"/proc/self/task/{Path('/proc/self').resolve().name}/children")
    return folder.read_text().split() if folder.exists() else []
