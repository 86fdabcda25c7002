from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from clip_maker import write_video
from cohort_maker import MakeCohort
from dicom_maker import region, write_ultrasound
from lusscore.cohort import Cohort
from lusscore.models import Bundle
from lusscore.web.cohorts import MOST_PICTURES, cohort_pictures
from lusscore.web.guards import Refusal
from lusscore.web.labelling import clip_id
from web.page_server import ServePage, serving, small


@pytest.fixture
def cohort(make_cohort: MakeCohort, tmp_path: Path) -> Cohort:
    return make_cohort(
        3, folder=tmp_path / "data" / "tiny", score=lambda patient, zone: patient if zone else None
    )


def test_cohorts_are_listed_with_how_far_their_labels_are(
    serve_page: ServePage, cohort: Cohort
) -> None:
    (told,) = serve_page(small()).ask("GET", "/api/cohorts").json
    assert [zone["name"] for zone in told.pop("zones")] == list(cohort.protocol.zone_names)
    assert told == {
        "name": "tiny",
        "clips": 6,
        "labelled": 3,
        "patients": 3,
        "protocol": "blue-6",
        "features": False,
        "synthetic": False,
        "problem": "",
    }


def test_a_cohort_that_is_not_valid_is_listed_and_says_nothing_of_what_is_in_it(
    serve_page: ServePage, cohort: Cohort, tmp_path: Path
) -> None:
    manifest = cohort.folder / "manifest.csv"
    manifest.write_text(manifest.read_text() + "clips/Jane Roe.mp4,Jane Roe,1,R9,7\n")
    page = serve_page(small())
    answer = page.ask("GET", "/api/cohorts")
    assert "lusscore check tiny" in answer.json[0]["problem"]
    refused = page.ask("GET", "/api/cohorts/tiny/suggestions")
    assert "lusscore check tiny" in refused.error
    for body in (answer.body, refused.body):
        assert b"Jane" not in body
        assert str(tmp_path).encode() not in body


def test_no_cohorts_are_no_error(bundle: Bundle, tmp_path: Path) -> None:
    with serving(bundle, tmp_path / "nowhere") as page:
        assert page.ask("GET", "/api/cohorts").json == []
        assert page.ask("GET", "/api/runs").json == []


def test_only_listed_names_lead_to_folders(
    serve_page: ServePage, make_cohort: MakeCohort, tmp_path: Path
) -> None:
    outside = make_cohort(1, folder=tmp_path / "tiny")
    (tmp_path / "data").mkdir(exist_ok=True)
    page = serve_page(small())
    for name in ("none", "..", "%2e%2e", "..%2ftiny", "%2e%2e%2ftiny", ".", "tiny%00", "%2ftmp"):
        for what in ("suggestions", f"pictures?clip={clip_id(outside.clips()[0])}"):
            assert page.ask("GET", f"/api/cohorts/{name}/{what}").status == 404, name
        content = {"clip": "x", "score": 1, "rater": "anna", "zone": "", "segment": [0, None]}
        assert page.ask("POST", f"/api/cohorts/{name}/labels", content).status == 404, name


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
    assert len(shown) == MOST_PICTURES
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
