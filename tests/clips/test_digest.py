import hashlib
from pathlib import Path

import pytest
from PIL import Image

from lusscore.clips import digest_clip
from lusscore.errors import ClipError


def test_a_files_digest_is_the_sha256_of_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"x" * 3_000_000)
    assert digest_clip(path) == hashlib.sha256(b"x" * 3_000_000).hexdigest()


def test_a_digest_knows_content_and_not_place(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        for number in range(3):
            Image.new("L", (4, 4), number).save(tmp_path / folder / f"{number}.png")
    assert digest_clip(tmp_path / "a") == digest_clip(tmp_path / "b")
    Image.new("L", (4, 4), 99).save(tmp_path / "b" / "1.png")
    assert digest_clip(tmp_path / "a") != digest_clip(tmp_path / "b")


def test_a_missing_clip_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ClipError, match="cannot be read"):
        digest_clip(tmp_path / "gone.mp4")
