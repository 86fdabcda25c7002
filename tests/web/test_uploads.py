"""Uploads as an attacker sends them: real sockets, real bytes."""

from __future__ import annotations

import gzip
import io
import socket
import tarfile
import tempfile
import threading
import time
import zipfile
import zlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from clip_maker import moving_bar
from dicom_maker import coded_stream, write_ultrasound
from lusscore.web.guards import Refusal
from lusscore.web.uploads import HEAD, clip_suffix, shown_name
from privacy.broken import PERSON, write_broken
from web.page_server import Page, ServePage, small


def stored() -> list[Path]:
    """All files in temporary folders of pages."""
    folders = Path(tempfile.gettempdir()).glob("lusscore-serve-*")
    return [path for folder in folders for path in folder.rglob("*") if path.is_file()]


def bytes_stored() -> int:
    total = 0
    for path in stored():
        with suppress(FileNotFoundError):
            total += path.stat().st_size
    return total


def read_all(sender: socket.socket) -> bytes:
    """Read until the server hangs up."""
    told = b""
    try:
        while part := sender.recv(65536):
            told += part
    except ConnectionError:
        pass
    return told


@pytest.mark.parametrize(
    "name",
    [
        "../../../../tmp/R1.mp4",
        "..\\..\\R1.mp4",
        "/etc/passwd",
        "C:\\Windows\\R1.mp4",
        "a/\x00/R1.mp4",
        "CON",
        "R1.mp4:stream",
        "\u202e4pm.1R",
        "x" * 5000,
        "",
    ],
)
def test_no_name_becomes_a_path(page: Page, clip: bytes, name: str) -> None:
    before = set(stored())
    exam = page.open_exam()
    answer = page.upload(exam, name, clip)
    assert answer.status == 201
    assert answer.json["name"].isprintable()
    assert len(answer.json["name"]) <= 160
    (new,) = set(stored()) - before
    assert new.name == "0001.mp4"
    page.ask("DELETE", f"/api/exams/{exam}")


def test_what_is_no_clip_is_refused_and_not_kept(page: Page, clip: bytes) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(20_000_000))
    before = set(stored())
    exam = page.open_exam()
    for content, sentence in (
        (packed.getvalue(), "packed archive"),
        (zlib.compress(bytes(1000)), "not a video, DICOM or image"),
        (b"<html><script>alert(1)</script>", "not a video, DICOM or image"),
        (b"#!/bin/sh\nrm -rf /", "not a video, DICOM or image"),
        (b"", "empty"),
        (clip[:200], "cannot be decoded as a video"),
        (clip[:40] + bytes(4000), "cannot be decoded as a video"),
    ):
        answer = page.upload(exam, "R1.mp4", content)
        assert answer.status == 415
        assert sentence in answer.error
        assert "lusscore-serve-" not in answer.error
    assert set(stored()) == before
    assert page.view(exam)["clips"] == []


def test_no_refusal_tells_what_a_clip_is_called_or_where_it_was_put(
    page: Page, tmp_path: Path
) -> None:
    exam = page.open_exam()
    write_broken(tmp_path)
    answers = [
        page.upload(exam, path.name, path.read_bytes())
        for path in sorted(tmp_path.rglob("*"))
        if path.is_file()
    ]
    refused = [answer.error for answer in answers if answer.status == 415]
    assert len(refused) > 10
    view = page.ask("GET", f"/api/exams/{exam}").body.decode()
    for told in refused:
        assert not any(word in told for word in (*PERSON, "lusscore-serve-", str(tmp_path)))
    assert "lusscore-serve-" not in view


def test_pictures_that_claim_to_be_huge_take_no_memory(page: Page, tmp_path: Path) -> None:
    exam = page.open_exam()
    png = io.BytesIO()
    Image.new("1", (9_000, 9_000)).save(png, "PNG")
    assert png.tell() < 200_000
    answer = page.upload(exam, "R1.png", png.getvalue())
    assert answer.status == 415
    assert "pixels" in answer.error

    dicom = write_ultrasound(tmp_path / "bomb.dcm", np.zeros((1, 4, 4), np.uint8))
    claimed = dicom.read_bytes().replace(
        b"\x28\x00\x10\x00US\x02\x00\x04\x00", b"\x28\x00\x10\x00US\x02\x00\xff\xff"
    )
    assert page.upload(exam, "R1.dcm", claimed).status == 415


def test_a_size_that_is_declared_too_large_is_refused_before_it_arrives(
    serve_page: ServePage,
) -> None:
    page = serve_page(small(file_bytes=1_000_000))
    exam = page.open_exam()
    with socket.create_connection(("127.0.0.1", page.port), 10) as sender:
        sender.sendall(page.upload_head(exam, "Content-Length: 900000000000"))
        begun = time.monotonic()
        told = read_all(sender)
    assert told.startswith(b"HTTP/1.1 413")
    assert b"may take 1 MB" in told
    assert time.monotonic() - begun < 6


@pytest.mark.parametrize("what", ["file_bytes", "exam_bytes", "all_bytes"])
def test_an_endless_upload_is_cut_at_the_limit(
    serve_page: ServePage, clip: bytes, what: str
) -> None:
    page = serve_page(small(**{what: 1_000_000}))
    exam = page.open_exam()
    sent = 0
    with socket.create_connection(("127.0.0.1", page.port), 10) as sender:
        sender.sendall(page.upload_head(exam, "Transfer-Encoding: chunked"))
        begun = time.monotonic()
        try:
            while time.monotonic() - begun < 20:
                sender.sendall(b"10000\r\n" + clip[:100] + bytes(65436) + b"\r\n")
                sent += 65536
                assert bytes_stored() < 1_200_000
        except ConnectionError:
            pass
    assert sent > 1_000_000
    assert time.monotonic() - begun < 10
    assert not [path for path in stored() if path.suffix == ".part"]
    view = page.view(exam)
    assert view["clips"] == []
    # what was counted is given back
    assert page.upload(exam, "R1.mp4", clip).status == 201


def test_an_endless_upload_to_an_exam_that_is_not_there_is_cut(page: Page) -> None:
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", page.port), 10) as sender:
        sender.sendall(page.upload_head("none", "Transfer-Encoding: chunked"))
        try:
            while time.monotonic() - begun < 20:
                sender.sendall(b"1000\r\n" + bytes(4096) + b"\r\n")
        except ConnectionError:
            pass
    assert time.monotonic() - begun < 10


def test_clips_of_an_exam_are_limited_together(serve_page: ServePage, clip: bytes) -> None:
    page = serve_page(small(exam_bytes=int(2.5 * len(clip)), clips=2))
    exam = page.open_exam()
    for _ in range(2):
        assert page.upload(exam, "R1.mp4", clip).status == 201
    assert "at most 2 clips" in page.upload(exam, "R1.mp4", clip).error
    page.ask("DELETE", f"/api/exams/{exam}/clips/1")
    assert page.upload(exam, "R1.mp4", clip).status == 201
    page.ask("DELETE", f"/api/exams/{exam}/clips/2")
    assert "An exam may take" in page.upload(exam, "R1.mp4", clip + bytes(len(clip))).error


def test_a_sender_that_falls_silent_is_cut(serve_page: ServePage, clip: bytes) -> None:
    page = serve_page(small(silence=0.3))
    exam = page.open_exam()
    with socket.create_connection(("127.0.0.1", page.port), 10) as sender:
        sender.sendall(page.upload_head(exam, f"Content-Length: {len(clip)}") + clip[:1000])
        told = read_all(sender)
    assert told.startswith(b"HTTP/1.1 408")
    assert not [path for path in stored() if path.suffix == ".part"]


def test_a_sender_that_drips_is_cut(serve_page: ServePage, clip: bytes) -> None:
    page = serve_page(small(silence=2.0, grace=0.3, slowest=100_000.0))
    exam = page.open_exam()
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", page.port), 10) as sender:
        sender.sendall(page.upload_head(exam, f"Content-Length: {len(clip)}"))
        try:
            while time.monotonic() - begun < 10:
                sender.sendall(b"\0")
                time.sleep(0.05)
        except ConnectionError:
            pass
    assert time.monotonic() - begun < 5


def test_fifty_uploads_at_once_all_get_an_answer_and_those_refused_can_come_again(
    page: Page, clip: bytes
) -> None:
    exam = page.open_exam()
    gate = threading.Barrier(50)

    def send(number: int) -> list[int]:
        gate.wait()
        answers = []
        for _ in range(200):
            answer = page.upload(exam, f"clip {number}.mp4", clip)
            answers.append(answer.status)
            if answer.status != 503:
                return answers
            assert answer.headers["retry-after"] == "1"
            time.sleep(0.05)
        return answers

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(send, range(50)))
    assert Counter(each[-1] for each in answers) == {201: 50}
    assert {status for each in answers for status in each[:-1]} <= {503}
    clips = page.view(exam)["clips"]
    assert sorted(each["number"] for each in clips) == [each["number"] for each in clips]
    assert {each["name"] for each in clips} == {f"clip {number}.mp4" for number in range(50)}


def test_no_more_uploads_than_allowed_arrive_at_once(serve_page: ServePage, clip: bytes) -> None:
    page = serve_page(small(uploads=2, silence=3.0))
    exam = page.open_exam()
    busy = [socket.create_connection(("127.0.0.1", page.port), 10) for _ in range(2)]
    try:
        for sender in busy:
            sender.sendall(page.upload_head(exam, "Content-Length: 1000") + b"\0")
        time.sleep(0.2)
        refused = page.upload(exam, "R1.mp4", clip)
        assert refused.status == 503
        assert "2 uploads are under way" in refused.error
    finally:
        for sender in busy:
            sender.close()
    for _ in range(50):
        if page.upload(exam, "R1.mp4", clip).status == 201:
            break
        time.sleep(0.05)
    else:
        pytest.fail("places of uploads that broke off were not given back")


def test_an_exam_that_is_closed_while_a_clip_arrives_is_closed_for_it_too(
    page: Page, clip: bytes
) -> None:
    exam = page.open_exam()
    with socket.create_connection(("127.0.0.1", page.port), 10) as sender:
        sender.sendall(page.upload_head(exam, f"Content-Length: {len(clip)}") + clip[:100])
        while not [path for path in stored() if path.suffix == ".part"]:
            time.sleep(0.01)
        assert page.ask("DELETE", f"/api/exams/{exam}").status == 204
        sender.sendall(clip[100:])
        told = sender.recv(65536)
    assert told.startswith(b"HTTP/1.1 404")
    assert not [path for path in stored() if path.suffix == ".part"]
    assert not page.bugs


def test_the_zone_is_told_by_a_dicom_header_whose_names_are_told_to_nobody(
    page: Page, tmp_path: Path
) -> None:
    video = np.random.default_rng(0).integers(0, 255, (3, 32, 40, 3)).astype(np.uint8)
    path = write_ultrasound(
        tmp_path / "a.dcm",
        video,
        PatientName="Roe^Jane",
        PatientID="MRN-4711",
        SeriesDescription="left upper BLUE point",
    )
    exam = page.open_exam()
    answer = page.upload(exam, "IM0001", path.read_bytes())
    assert (answer.json["zone"], answer.json["zone_source"]) == ("L1", "DICOM")
    page.score(exam)
    for address in ("", "/report.html?names=1", "/exam.json?names=1", "/clips/1/prediction"):
        body = page.ask("GET", f"/api/exams/{exam}{address}").body
        assert b"Roe" not in body
        assert b"4711" not in body


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
        with pytest.raises(Refusal, match="packed archive"):
            clip_suffix(content[:HEAD])
    for content in (b"", b"MZ\x90\x00", b"%PDF-1.7", b"<svg/>", b"\x7fELF", b"\x00" * HEAD):
        with pytest.raises(Refusal, match="not a video, DICOM or image"):
            clip_suffix(content)


@given(st.text())
def test_a_name_is_one_short_line_of_text(name: str) -> None:
    shown = shown_name(quote(name, errors="replace"))
    assert 0 < len(shown) <= 160
    assert "\n" not in shown
    assert "\x00" not in shown
    assert "\u202e" not in shown


def test_a_usual_name_stays_and_of_a_long_one_the_end() -> None:
    assert shown_name(quote("Übung 1/R1 – zweite.mp4")) == "Übung 1/R1 – zweite.mp4"
    assert shown_name("a" * 500 + "/R1.mp4").endswith("/R1.mp4")
    assert shown_name("%ff%fe%00") == "\ufffd\ufffd"
    assert shown_name("") == shown_name("%0a") == "unnamed"
