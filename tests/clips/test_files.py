import hashlib
from pathlib import Path

import pytest
from PIL import Image

from lusscore.clips import digest_clip, image_files, listing, natural_order
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


def test_what_somebody_put_there_is_listed_as_people_count(tmp_path: Path) -> None:
    for name in ("clip10.mp4", "clip2.mp4", "Clip1.mp4", ".hidden", "Thumbs.db", "DICOMDIR"):
        (tmp_path / name).touch()
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / "patient").mkdir()
    names = [path.name for path in listing(tmp_path)]
    assert names == ["Clip1.mp4", "clip2.mp4", "clip10.mp4", "patient"]


def test_one_name_in_two_forms_has_one_place() -> None:
    composed, decomposed = Path("J\u00f6rg/2.mp4"), Path("Jo\u0308rg/2.mp4")
    assert natural_order(composed)[:2] == natural_order(decomposed)[:2]


def test_names_that_count_alike_come_in_one_order_whatever_the_disk_says(tmp_path: Path) -> None:
    for name in ("frame1.png", "frame01.png", "frame001.png", "frame2.png"):
        Image.new("L", (4, 4)).save(tmp_path / name)
    names = [file.name for file in image_files(tmp_path)]
    assert names == ["frame001.png", "frame01.png", "frame1.png", "frame2.png"]
