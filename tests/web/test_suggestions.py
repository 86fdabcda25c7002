import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from clip_maker import moving_bar, write_video
from lusscore.backbones import register_backbone, registry
from lusscore.backbones.onnx_file import read_onnx_spec
from lusscore.cli import main
from lusscore.cohort import (
    Card,
    ExtractionSettings,
    FramesPolicy,
    Segment,
    read_cohort,
    write_cohort,
)
from lusscore.models import Bundle
from lusscore.web.suggestions import clip_id
from web.page_server import Page, serving, small

LONG = 50


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, tiny_backbone: Path) -> Iterator[Path]:
    """A cohort half labelled, one clip of it at an absolute path, with embeddings."""
    root = tmp_path_factory.mktemp("study")
    data, features = root / "data", root / "features"
    away = root / "Jane Roe"
    (data / "tiny" / "clips").mkdir(parents=True)
    away.mkdir()
    segments = []
    for number in range(8):
        clip = f"clips/p{number // 2}_{number % 2}.mp4"
        path = data / "tiny" / clip
        if number == 7:
            path = away / "p3_1.mp4"
            clip = str(path)
        write_video(path, moving_bar(LONG if number == 7 else 4, seed=number))
        score = number % 4 if number < 4 else None
        segments.append(Segment(clip, f"p{number // 2}", "1", "R1" if number % 2 else "L1", score))
    settings = ExtractionSettings(frames=FramesPolicy("all"), variants=0)
    card = Card("tiny", "blue-6", "soldati-2020", label_level="clip", extraction=settings)
    write_cohort(data / "tiny", card, segments)
    arguments = ["features", "tiny", "-b", str(tiny_backbone), "--data-dir", str(data)]
    done = CliRunner().invoke(main, [*arguments, "--features-dir", str(features)])
    assert done.exit_code == 0, done.output
    # the page looks for embeddings of backbones that are known by name
    register_backbone(read_onnx_spec(tiny_backbone))(lambda spec: pytest.fail(spec.name))
    try:
        yield root
    finally:
        del registry._BACKBONES["tiny"]


@pytest.fixture(scope="module")
def queue(bundle: Bundle, folder: Path) -> Iterator[Page]:
    with serving(bundle, folder, small()) as page:
        yield page


def jpegs(packed: bytes) -> int:
    (count,) = struct.unpack_from("<I", packed)
    sizes = struct.unpack_from(f"<{count}I", packed, 4)
    assert 4 * (1 + count) + sum(sizes) == len(packed)
    return int(count)


def test_unlabelled_clips_are_suggested_and_a_label_takes_one_out_of_the_queue(
    queue: Page, folder: Path
) -> None:
    told = queue.ask("GET", "/api/cohorts/tiny/suggestions?count=3").json
    assert (told["labelled"], told["unlabelled"], told["left_out"]) == (4, 4, 0)
    assert told["head_note"] == ""
    assert [one["rank"] for one in told["suggestions"]] == [1, 2, 3]
    first = told["suggestions"][0]
    assert sum(first["probabilities"]) == pytest.approx(1)
    assert 0 <= first["uncertainty"] <= 1
    assert first["patient"] in ("p2", "p3")
    content = {"clip": first["clip"], "score": 2, "rater": "anna", "zone": "R3"}
    saved = queue.ask(
        "POST", "/api/cohorts/tiny/labels", content | {"segment": first["segment"]}
    ).json
    assert saved["outcome"] == "label"
    assert saved["sentence"]
    segments = read_cohort(folder / "data" / "tiny", check_files=False).segments
    (segment,) = [segment for segment in segments if clip_id(segment.clip) == first["clip"]]
    assert (segment.score, segment.rater, segment.zone) == (2, "anna", "R3")
    told = queue.ask("GET", "/api/cohorts/tiny/suggestions").json
    assert first["clip"] not in [one["clip"] for one in told["suggestions"]]
    assert told["unlabelled"] == 3


def test_a_second_rater_does_not_overwrite_the_first(queue: Page, folder: Path) -> None:
    clip = clip_id("clips/p0_0.mp4")
    content = {"clip": clip, "score": 3, "rater": "bert", "zone": "", "segment": [0, None]}
    saved = queue.ask("POST", "/api/cohorts/tiny/labels", content).json
    assert (saved["outcome"], saved["score"]) == ("opinion", 0)
    assert "another rater" in saved["sentence"]
    assert queue.ask("POST", "/api/cohorts/tiny/labels", content).json["outcome"] == "unchanged"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"score": 4}, 422),
        ({"score": -1}, 422),
        ({"score": True}, 400),
        ({"score": "1"}, 400),
        ({"rater": ""}, 422),
        ({"rater": "majority of 2"}, 422),
        ({"rater": "a\nb"}, 422),
        ({"zone": "R9"}, 422),
        ({"segment": [1, 2]}, 422),
        ({"segment": [0]}, 400),
        ({"segment": ["0", None]}, 400),
        ({"clip": "clips/p0_0.mp4"}, 404),
        ({"more": 1}, 400),
    ],
)
def test_a_label_that_cannot_be_is_refused_in_a_sentence(
    queue: Page, folder: Path, change: dict[str, object], status: int
) -> None:
    manifest = folder / "data" / "tiny" / "manifest.csv"
    before = manifest.read_bytes()
    content = {"clip": clip_id("clips/p3_0.mp4"), "score": 1, "rater": "anna", "zone": ""}
    answer = queue.ask(
        "POST", "/api/cohorts/tiny/labels", {**content, "segment": [0, None], **change}
    )
    assert answer.status == status
    assert str(folder) not in answer.error
    assert manifest.read_bytes() == before


def test_a_clip_is_shown_in_few_pictures_wherever_it_lies(queue: Page, folder: Path) -> None:
    far = str(folder / "Jane Roe" / "p3_1.mp4")
    for query, count in (("", 40), ("&first=10&last=13", 3), ("&first=48", 2)):
        answer = queue.ask("GET", f"/api/cohorts/tiny/pictures?clip={clip_id(far)}{query}")
        assert answer.status == 200
        assert jpegs(answer.body) == count
    assert queue.ask("GET", f"/api/cohorts/tiny/pictures?clip={clip_id(far)}&first=50").error
    for query in ("&first=-1", "&first=a", "&last=0", "&first=9999999999999999"):
        answer = queue.ask("GET", f"/api/cohorts/tiny/pictures?clip={clip_id(far)}{query}")
        assert answer.status == 400


def test_places_of_this_machine_are_told_to_nobody(queue: Page, folder: Path) -> None:
    told = queue.ask("GET", "/api/cohorts/tiny/suggestions?count=200")
    assert "p3_1.mp4" in [one["name"] for one in told.json["suggestions"]]
    for body in (told.body, queue.ask("GET", "/api/cohorts").body):
        assert b"Jane" not in body
        assert str(folder).encode() not in body


def test_a_clip_that_is_not_in_the_cohort_is_not_shown(queue: Page, folder: Path) -> None:
    for clip in ("clips/p0_0.mp4", str(folder / "Jane Roe" / "p3_1.mp4"), "../../x", ""):
        answer = queue.ask("GET", f"/api/cohorts/tiny/pictures?clip={clip.replace(' ', '%20')}")
        assert answer.status == 404


def test_embeddings_that_are_missing_or_of_other_settings_are_told_with_what_to_do(
    bundle: Bundle, folder: Path, tmp_path: Path
) -> None:
    with serving(bundle, folder, small(), features_dir=tmp_path) as page:
        assert page.ask("GET", "/api/cohorts").json[0]["features"] is False
        answer = page.ask("GET", "/api/cohorts/tiny/suggestions")
        assert answer.status == 409
        assert "lusscore features tiny" in answer.error
        (tmp_path / "tiny").mkdir()
        (tmp_path / "tiny" / "tiny.h5").write_bytes(b"no file of features")
        answer = page.ask("GET", "/api/cohorts/tiny/suggestions")
        assert answer.status == 409
        assert str(tmp_path) not in answer.error


@pytest.mark.parametrize("count", ["0", "201", "x", "1.5", "%D9%A3", "", "1e2"])
def test_a_count_that_is_none_is_refused(queue: Page, count: str) -> None:
    assert queue.ask("GET", f"/api/cohorts/tiny/suggestions?count={count}").status == 400


def test_ids_of_clips_do_not_tell_their_paths() -> None:
    ids = {clip_id(f"clips/{number}.mp4") for number in np.arange(100)}
    assert len(ids) == 100
    assert all(each.isalnum() and len(each) == 24 for each in ids)
