import errno
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
import pytest
from PIL import Image

from lusscore.checks import Verdict, write_preview
from lusscore.cohort import Segment
from lusscore.errors import WriteError

GREEN, RED = (53, 192, 151), (255, 90, 79)


def drawn(path: Path, colour: tuple[int, int, int]) -> int:
    return int((np.asarray(Image.open(path)) == colour).all(axis=2).sum())


@pytest.fixture
def verdict(
    rows: Callable[..., Segment],
    check: Callable[..., Verdict],
    drifting_clip: Callable[..., np.ndarray],
    tmp_path: Path,
) -> Verdict:
    video = drifting_clip(1)
    for rgb in video:
        cv2.putText(rgb, "L3", (140, 170), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (255,) * 3, 2)
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"no video")
    clips = {"a.mp4": video, "b.mp4": bad}
    return check(clips, [rows("a", clip="a.mp4"), rows("b", clip="b.mp4")], pictures=True)


def test_sector_and_text_are_drawn(verdict: Verdict, tmp_path: Path) -> None:
    assert verdict.inspection is not None
    (path,) = write_preview(verdict.inspection, tmp_path / "preview.png")
    assert path == tmp_path / "preview.png"
    assert drawn(path, GREEN) > 300
    assert drawn(path, RED) > 40


def test_without_text_no_box_is_drawn(verdict: Verdict, tmp_path: Path) -> None:
    assert verdict.inspection is not None
    look = verdict.inspection.clips[0]
    assert look.survey is not None
    assert look.sector is not None
    plain = replace(look, survey=replace(look.survey, sector=replace(look.sector, text=())))
    inspection = replace(verdict.inspection, clips=(plain,))
    (path,) = write_preview(inspection, tmp_path / "preview.png")
    assert drawn(path, RED) == 0


def test_many_clips_go_on_numbered_sheets(verdict: Verdict, tmp_path: Path) -> None:
    assert verdict.inspection is not None
    many = replace(verdict.inspection, clips=verdict.inspection.clips * 31)
    paths = write_preview(many, tmp_path / "preview.png")
    assert [path.name for path in paths] == ["preview-1.png", "preview-2.png"]
    assert all(path.is_file() for path in paths)
    assert not (tmp_path / "preview.png").exists()


def test_a_place_that_cannot_be_written_is_said(verdict: Verdict, tmp_path: Path) -> None:
    assert verdict.inspection is not None
    with pytest.raises(WriteError, match="cannot be written"):
        write_preview(verdict.inspection, tmp_path)


def test_a_sheet_that_was_there_stays_where_a_new_one_cannot_be_written(
    verdict: Verdict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert verdict.inspection is not None
    place = tmp_path / "sheet.png"
    place.write_bytes(b"the old sheet")

    def full(self: object, file: BinaryIO, kind: str) -> None:
        file.write(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(WriteError, match="No space left on device"):
        write_preview(verdict.inspection, place)
    assert place.read_bytes() == b"the old sheet"
