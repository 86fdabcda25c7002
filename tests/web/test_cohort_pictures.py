import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from clip_maker import write_video
from dicom_maker import region, write_ultrasound
from lusscore.web.cohort_pictures import MOST, cohort_pictures
from lusscore.web.guards import Refusal


def decoded(jpeg: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(jpeg)))


def test_what_is_written_outside_the_sector_is_not_shown(tmp_path: Path) -> None:
    video = np.full((5, 60, 80, 3), 250, np.uint8)
    video[:, 20:50, 10:70] = 90
    path = write_ultrasound(
        tmp_path / "a.dcm", video, SequenceOfUltrasoundRegions=[region(10, 20, 69, 49)]
    )
    shown = cohort_pictures(path)
    assert len(shown) == 5
    for jpeg in shown:
        pixels = decoded(jpeg)
        assert pixels.shape == (30, 60, 3)
        assert pixels.max() < 130


def test_many_frames_are_spread_evenly(tmp_path: Path) -> None:
    shades = np.linspace(0, 240, 120).astype(np.uint8)
    video = np.broadcast_to(shades[:, None, None, None], (120, 48, 64, 3)).copy()
    shown = cohort_pictures(write_video(tmp_path / "a.mp4", video))
    assert len(shown) == MOST
    means = [decoded(jpeg).mean() for jpeg in shown]
    assert means == sorted(means)
    assert means[0] < 10
    assert means[-1] > 220


def test_a_clip_that_cannot_be_read_is_told_without_its_path(tmp_path: Path) -> None:
    path = tmp_path / "Jane Roe.mp4"
    path.write_bytes(b"nothing")
    for missing in (path, tmp_path / "none.mp4"):
        with pytest.raises(Refusal) as caught:
            cohort_pictures(missing)
        assert "Jane" not in caught.value.sentence
        assert str(tmp_path) not in caught.value.sentence
