import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from clip_maker import moving_bar
from dicom_maker import coded_stream, write_ultrasound
from lusscore.web.clip_kind import HEAD, clip_suffix, is_archive


@pytest.mark.parametrize("kind", ["png", "jpeg", "gif", "bmp", "tiff", "webp"])
def test_images_are_told_by_their_content(kind: str) -> None:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, kind)
    usual = {"jpeg": ".jpg", "tiff": ".tif"}
    assert clip_suffix(file.getvalue()[:HEAD]) == usual.get(kind, f".{kind}")


@pytest.mark.parametrize(
    ("container", "codec", "suffix"),
    [
        ("mp4", "libx264", ".mp4"),
        ("mov", "mpeg4", ".mov"),
        ("matroska", "mpeg4", ".mkv"),
        ("avi", "mpeg4", ".avi"),
        ("mpeg", "mpeg2video", ".mpg"),
        ("asf", "wmv2", ".wmv"),
    ],
)
def test_videos_are_told_by_their_content(container: str, codec: str, suffix: str) -> None:
    stream = coded_stream(moving_bar(4), codec, container)
    assert clip_suffix(stream[:HEAD]) == suffix


def test_dicom_is_told_with_and_without_its_mark(tmp_path: Path) -> None:
    path = write_ultrasound(tmp_path / "a", np.zeros((1, 8, 8), np.uint8))
    content = path.read_bytes()
    assert clip_suffix(content[:HEAD]) == ".dcm"
    assert clip_suffix(content[132 : 132 + HEAD]) == ".dcm"


def test_archives_and_other_files_are_no_clips() -> None:
    packed, rolled = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.mp4", b"x")
    with tarfile.open(fileobj=rolled, mode="w:gz"):
        pass
    for content in (packed.getvalue(), rolled.getvalue(), gzip.compress(b"x")):
        assert is_archive(content[:HEAD])
        assert clip_suffix(content[:HEAD]) == ""
    for content in (b"", b"MZ\x90\x00", b"%PDF-1.7", b"<svg/>", b"\x7fELF", b"\x00" * HEAD):
        assert not is_archive(content)
        assert clip_suffix(content) == ""
