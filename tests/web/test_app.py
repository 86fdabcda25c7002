"""The whole way through the page's addresses, as its scripts go it."""

from __future__ import annotations

import json
import mimetypes
import re
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bundle_maker import make_bundle
from lusscore.models import Bundle
from lusscore.report import model_performance
from lusscore.web.guards import PAGE_POLICY, REPORT_POLICY
from lusscore.web.routes import STATIC
from lusscore.web.views import pack_pictures
from web.page_server import Page, serving


@pytest.fixture(scope="module")
def scored(page: Page, clip: bytes, other_clip: bytes) -> str:
    exam = page.open_exam()
    assert page.upload(exam, "ward/R1.mp4", clip).status == 201
    assert page.upload(exam, "ward/L2.mp4", other_clip).status == 201
    page.score(exam)
    return exam


def test_an_exam_is_scored_from_dropping_to_result(
    page: Page, clip: bytes, other_clip: bytes
) -> None:
    exam = page.open_exam()
    first = page.upload(exam, "ward/R1.mp4", clip).json
    assert first | {"prediction": None} == {
        "number": 1,
        "name": "ward/R1.mp4",
        "size": len(clip),
        "zone": "R1",
        "zone_source": "file name",
        "zone_warning": "",
        "scored": False,
        "error": "",
        "prediction": None,
    }
    page.upload(exam, "ward/unknown.mp4", other_clip)
    view = page.view(exam)
    assert (view["state"], view["result"]) == ("open", None)
    view = page.score(exam)
    assert view["error"] == ""
    assert view["progress"]["done"] == view["progress"]["total"] == 11
    result = view["result"]
    assert [zone["zone"] for zone in result["zones"]] == ["R1"]
    assert result["maximum"] == 18
    assert result["lowest"] == result["total"] == result["zones"][0]["score"]
    assert result["highest"] == result["total"] + 15
    assert any("no known zone" in note for note in result["notes"])
    for each in view["clips"]:
        assert sum(each["prediction"]["probabilities"]) == pytest.approx(1, abs=1e-3)


def test_a_note_on_patients_is_on_the_page_in_the_report_and_in_json(
    page: Page, clip: bytes, other_clip: bytes
) -> None:
    exam = page.open_exam()
    for folder in ("Jane Roe", "John Doe"):
        page.upload(exam, f"{folder}/R1.mp4", clip)
        page.upload(exam, f"{folder}/L2.mp4", other_clip)
    (told,) = page.view(exam)["notes"]
    assert "more than one patient or visit" in told
    assert told in page.score(exam)["result"]["notes"]
    assert told in page.ask("GET", f"/api/exams/{exam}/exam.json").json["notes"]
    report = page.ask("GET", f"/api/exams/{exam}/report.html").body.decode()
    assert "more than one patient or visit" in report
    assert "Jane" not in report
    page.ask("DELETE", f"/api/exams/{exam}/clips/3")
    assert told not in page.view(exam)["result"]["notes"]


def test_without_any_zone_there_is_no_global_score(page: Page, clip: bytes) -> None:
    exam = page.open_exam()
    page.upload(exam, "unknown.mp4", clip)
    result = page.score(exam)["result"]
    assert (result["total"], result["zones"]) == (None, [])
    assert page.ask("PATCH", f"/api/exams/{exam}/clips/1", {"zone": "R1"}).json["result"][
        "total"
    ] in range(4)


@pytest.mark.parametrize(("settings", "whole"), [({}, False), ({"pooling": "mean"}, True)])
def test_the_page_knows_whether_clips_are_scored_as_a_whole_and_what_the_scorer_is_worth(
    tmp_path: Path, settings: dict[str, str], whole: bool
) -> None:
    bundle = make_bundle(tmp_path / "networks", settings=settings)
    with serving(bundle, tmp_path) as page:
        text = page.ask("GET", "/").body.decode()
    found = re.search(r'id="page-data">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    model = json.loads(found[1])["model"]
    assert model["whole_clips"] is whole
    assert model["verdict"] == model_performance(bundle.card)
    assert "accuracy 1.000" in model["verdict"]


def test_a_changed_zone_changes_the_sum_and_not_the_scores(page: Page, scored: str) -> None:
    before = page.view(scored)
    changed = page.ask("PATCH", f"/api/exams/{scored}/clips/2", {"zone": "R1"})
    assert changed.status == 200
    (zone,) = changed.json["result"]["zones"]
    assert (zone["zone"], zone["clips"]) == ("R1", [1, 2])
    assert changed.json["clips"][1]["zone_source"] == "person"
    for old, new in zip(before["clips"], changed.json["clips"], strict=True):
        assert old["prediction"]["probabilities"] == new["prediction"]["probabilities"]
    none = page.ask("PATCH", f"/api/exams/{scored}/clips/2", {"zone": ""}).json
    assert none["clips"][1]["zone_source"] == ""
    assert none["result"]["zones"][0]["clips"] == [1]
    wrong = page.ask("PATCH", f"/api/exams/{scored}/clips/2", {"zone": "R-ant-sup"})
    assert wrong.status == 400
    assert "no zone of blue-6" in wrong.error
    assert page.view(scored)["clips"][1]["zone"] == ""
    assert page.ask("PATCH", f"/api/exams/{scored}/clips/2", {"zone": "L2"}).status == 200


def test_what_is_said_of_a_clip_fits_its_pictures_and_maps(page: Page, scored: str) -> None:
    address = f"/api/exams/{scored}/clips/1"
    reading = page.ask("GET", f"{address}/prediction").json
    packed = page.ask("GET", f"{address}/pictures").body
    count, *sizes = struct.unpack_from(f"<{1 + len(reading['pictures']['rows'])}I", packed)
    assert count == len(reading["pictures"]["rows"]) == 6
    at = 4 * (1 + count)
    assert at + sum(sizes) == len(packed)
    for size in sizes:
        assert packed[at : at + 3] == b"\xff\xd8\xff"
        at += size
    maps = np.frombuffer(page.ask("GET", f"{address}/maps").body, "<f4")
    maps = maps.reshape(count, reading["maps"]["rows"], reading["maps"]["columns"], 4)
    assert np.isfinite(maps).all()
    assert len(reading["frame_probabilities"]) == len(reading["frames"]) == 6
    thumbnail = page.ask("GET", f"{address}/thumbnail")
    assert thumbnail.headers["content-type"] == "image/jpeg"
    assert thumbnail.body.startswith(b"\xff\xd8\xff")


def test_documents_are_sent_and_name_no_file_unless_asked(page: Page, scored: str) -> None:
    for name, kind in (
        ("report.html", "text/html"),
        ("exam.json", "application/json"),
        ("clips.csv", "text/csv"),
        ("zones.csv", "text/csv"),
    ):
        answer = page.ask("GET", f"/api/exams/{scored}/{name}")
        assert answer.status == 200
        assert answer.headers["content-type"].startswith(kind)
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
        assert b"R1.mp4" not in answer.body
        assert b"0001.mp4" not in answer.body
    named = page.ask("GET", f"/api/exams/{scored}/exam.json?names=1")
    assert [each["file"] for each in named.json["clips"]] == ["R1.mp4", "L2.mp4"]
    assert b"R1.mp4" in page.ask("GET", f"/api/exams/{scored}/report.html?names=1").body
    assert page.ask("GET", f"/api/exams/{scored}/other.html").status == 404


def test_a_report_is_looked_at_in_an_origin_of_its_own(page: Page, scored: str) -> None:
    answer = page.ask("GET", f"/api/exams/{scored}/report.html?view=1")
    assert "content-disposition" not in answer.headers
    assert answer.headers["content-security-policy"] == REPORT_POLICY
    assert "sandbox" in REPORT_POLICY
    assert "allow-same-origin" not in REPORT_POLICY


def test_a_clip_that_is_taken_out_leaves_the_sum_and_the_disk(
    page: Page, clip: bytes, other_clip: bytes
) -> None:
    exam = page.open_exam()
    page.upload(exam, "R1.mp4", clip)
    page.upload(exam, "L2.mp4", other_clip)
    page.score(exam)
    left = page.ask("DELETE", f"/api/exams/{exam}/clips/1").json
    assert [each["number"] for each in left["clips"]] == [2]
    assert [zone["zone"] for zone in left["result"]["zones"]] == ["L2"]
    assert page.ask("GET", f"/api/exams/{exam}/clips/1/prediction").status == 404
    assert page.upload(exam, "R1.mp4", clip).json["number"] == 3


def test_a_clip_that_cannot_be_scored_says_why_by_the_name_that_the_user_knows(
    page: Page, clip: bytes
) -> None:
    exam = page.open_exam()
    page.upload(exam, "R1.mp4", clip)
    page.upload(exam, "again.mp4", clip)
    second = page.score(exam)["clips"][1]
    assert second["prediction"] is None
    assert "same recording as clip 1" in second["error"]


def test_an_exam_has_the_name_that_it_is_given(page: Page, scored: str) -> None:
    assert page.ask("PATCH", f"/api/exams/{scored}", {"name": " Bed  4 "}).json["name"] == "Bed 4"
    assert page.ask("GET", f"/api/exams/{scored}/exam.json").json["exam"] == "Bed 4"
    for wrong in ("x" * 121, "a\u202eb"):
        assert page.ask("PATCH", f"/api/exams/{scored}", {"name": wrong}).status == 400


def test_nothing_is_scored_twice_or_without_clips(page: Page, scored: str) -> None:
    assert page.ask("POST", f"/api/exams/{scored}/score", {}).status == 409
    empty = page.open_exam()
    assert page.ask("POST", f"/api/exams/{empty}/score", {}).status == 409
    assert page.ask("GET", f"/api/exams/{empty}/report.html").status == 409


def test_pages_carry_the_token_and_what_scripts_need(page: Page) -> None:
    for address in ("/", "/queue", "/runs"):
        answer = page.ask("GET", address)
        assert answer.status == 200
        text = answer.body.decode()
        assert f'content="{page.token}"' in text
        data = text.split('id="page-data">', 1)[1].split("</script>", 1)[0]
        told = json.loads(data)
        assert set(told) >= {"limits", "chest", "model", "protocol"}
        assert [box["zone"] for box in told["chest"]] == ["R1", "R2", "R3", "L1", "L2", "L3"]
        assert told["model"]["synthetic"] is True


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/static/nothing.js"),
        ("GET", "/static/../app.py"),
        ("GET", "/static/%2e%2e/app.py"),
        ("GET", "/static/..%2fapp.py"),
        ("GET", "/nothing"),
        ("PUT", "/api/exams"),
        ("GET", "/api/exams/none"),
        ("POST", "/api/exams/none/clips"),
        ("HEAD", "/"),
    ],
)
def test_every_answer_has_the_headers_that_browsers_obey(
    page: Page, method: str, path: str
) -> None:
    answer = page.ask(method, path)
    assert answer.headers["content-security-policy"] == PAGE_POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-frame-options"] == "DENY"
    assert "server" not in answer.headers
    if path not in ("/",):
        assert answer.error
        assert "lusscore-serve-" not in answer.error


def test_what_a_bundle_says_of_itself_stays_text(bundle: Bundle, tmp_path: Path) -> None:
    script = "</script><script>alert(1)</script>"
    odd = replace(bundle, name=script, card={script: [script]})
    with serving(odd, tmp_path) as page:
        for address in ("/", "/queue", "/runs"):
            assert b"<script>alert" not in page.ask("GET", address).body


def test_a_person_who_opens_a_wrong_address_gets_a_page(page: Page) -> None:
    answer = page.ask("GET", "/nothing", None, {"Accept": "text/html,*/*"})
    assert answer.status == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.body.endswith(b"<p>There is nothing at this address.</p>")


def test_the_pages_own_files_are_of_the_kind_that_browsers_run(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    for suffix, kind in ((".js", "text/javascript"), (".css", "text/css")):
        monkeypatch.setitem(mimetypes.types_map, suffix, "text/plain")
        files = sorted(STATIC.rglob(f"*{suffix}"))
        assert files, suffix
        for file in files:
            answer = page.ask("GET", f"/static/{file.relative_to(STATIC).as_posix()}")
            assert answer.status == 200
            assert answer.headers["content-type"] == f"{kind}; charset=utf-8"
            assert answer.body == file.read_bytes()


def test_text_from_files_and_people_stays_text_in_pages_and_reports(
    page: Page, clip: bytes
) -> None:
    script = "<script>alert(1)</script>"
    exam = page.open_exam()
    assert page.upload(exam, f"{script}/R1.mp4", clip).json["name"] == f"{script}/R1.mp4"
    page.ask("PATCH", f"/api/exams/{exam}", {"name": script})
    page.score(exam)
    for query in ("", "?names=1", "?view=1&names=1"):
        assert script.encode() not in page.ask("GET", f"/api/exams/{exam}/report.html{query}").body
    view = page.ask("GET", f"/api/exams/{exam}")
    assert view.headers["content-type"] == "application/json"
    assert view.json["name"] == script


def test_every_page_and_every_file_of_it_has_the_policy(page: Page) -> None:
    files = [path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file()]
    assert len(files) > 10
    for address in ("/", "/queue", "/runs", *(f"/static/{file}" for file in files)):
        answer = page.ask("GET", address)
        assert answer.status == 200, address
        assert answer.headers["content-security-policy"] == PAGE_POLICY, address
        assert answer.headers["x-frame-options"] == "DENY", address


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_pictures_come_apart_again(pictures: list[bytes]) -> None:
    packed = pack_pictures(pictures)
    (count,) = struct.unpack_from("<I", packed)
    sizes = struct.unpack_from(f"<{count}I", packed, 4)
    at, found = 4 * (1 + count), []
    for size in sizes:
        found.append(packed[at : at + size])
        at += size
    assert found == pictures
    assert at == len(packed)
