"""Clips on their way to the server, and exams that come and go with their page."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import APIResponse, Request, Response, expect

from lusscore.web.settings import Limits
from web.browser.study import EXAM, MARKUP
from web.browser.tab import Tab

pytestmark = pytest.mark.slow

SENTENCE = re.compile(r"^[A-Z].*[.)]$", re.DOTALL)


def test_what_is_no_clip_is_refused_in_a_sentence_and_names_are_text(tab: Tab, study: Path) -> None:
    tab.refused = True
    clip = next((study / EXAM).glob("*.mp4")).read_bytes()
    tab.choose([(f"{MARKUP}L-ant-sup.mp4", clip), (f"{MARKUP}.mp4", b"no clip" * 50)])
    tab.has_clips(1)
    expect(tab.find(".clip-choose")).to_contain_text(f"{MARKUP}L-ant-sup.mp4")
    expect(tab.find(".upload.refused .upload-words")).to_have_text(SENTENCE)
    expect(tab.find(".upload.refused .upload-name")).to_have_text(f"{MARKUP}.mp4")
    tab.find("#exam-name").fill(MARKUP)
    tab.score()
    expect(tab.find("#viewer-title")).to_contain_text(MARKUP)
    expect(tab.find(".bounds")).to_contain_text("11 zones have no score")
    tab.find(".upload.refused button").click()
    expect(tab.find(".upload")).to_have_count(0)
    assert tab.find("img[src=x]").count() == 0


def test_an_exam_is_there_again_when_its_page_is(tab: Tab, study: Path) -> None:
    tab.refused = True
    clip = next((study / EXAM).glob("*.mp4"))
    tab.drop(clip)
    tab.has_clips(1)
    headers = tab.headers
    with tab.page.expect_response(lambda response: "/api/exams/" in response.url):
        tab.page.goto(f"{tab.origin}/runs")
    # another page of the same tab keeps the exam although more would be held than may be
    opened = _open_exams(tab, headers)
    assert [answer.status for answer in opened] == [201] * (Limits().exams - 1) + [429]
    tab.page.goto(f"{tab.origin}/")
    tab.has_clips(1)
    expect(tab.find(".clip-choose")).to_contain_text(clip.name)
    tab.find(".clip-remove").click()
    expect(tab.find("#welcome")).to_be_visible()


def test_the_exam_of_a_page_that_was_closed_makes_room_for_others(tab: Tab, study: Path) -> None:
    tab.refused = True
    tab.drop(next((study / EXAM).glob("*.mp4")))
    tab.has_clips(1)
    headers = tab.headers
    tab.page.goto("about:blank")
    opened = _open_exams(tab, headers)
    assert [answer.status for answer in opened] == [201] * Limits().exams
    tab.page.goto(f"{tab.origin}/")
    expect(tab.find("#welcome")).to_be_visible()


def test_an_exam_that_was_closed_elsewhere_is_told_so(tab: Tab, study: Path) -> None:
    tab.refused = True
    tab.drop(next((study / EXAM).glob("*.mp4")))
    tab.has_clips(1)
    exam = tab.read("sessionStorage.getItem('lusscore.exam')")
    tab.page.request.delete(f"{tab.origin}/api/exams/{exam}", headers=tab.headers)
    tab.find("#score").click()
    expect(tab.find("#notices")).to_contain_text("its clips are deleted")
    expect(tab.find("#welcome")).to_be_visible()


def test_few_clips_are_sent_at_once_and_come_again_where_the_server_is_busy(
    tab: Tab, study: Path
) -> None:
    tab.refused = True
    under_way: set[str] = set()
    most = [0]

    def begun(request: Request) -> None:
        if request.method == "POST" and request.url.endswith("/clips"):
            under_way.add(request.headers["x-lusscore-name"])
            most[0] = max(most[0], len(under_way))

    def answered(response: Response) -> None:
        under_way.discard(response.request.headers.get("x-lusscore-name", ""))

    tab.page.on("request", begun)
    tab.page.on("response", answered)
    clips = sorted((study / EXAM).glob("*.mp4"))
    tab.drop(clips[0])
    tab.has_clips(1)
    with _all_places_taken(tab):
        tab.choose([(clip.name, clip.read_bytes()) for clip in clips[1:7]])
        expect(tab.find(".upload.sending")).to_have_count(3)
        tab.page.wait_for_event("response", lambda response: response.status == 503)
        expect(tab.find(".upload.refused")).to_have_count(0)
    tab.has_clips(7)
    assert most == [3]


def _open_exams(tab: Tab, headers: dict[str, str]) -> list[APIResponse]:
    """Open as many exams as may be open, and close them again."""
    request = tab.page.request
    address = f"{tab.origin}/api/exams"
    opened = [request.post(address, data={}, headers=headers) for _ in range(Limits().exams)]
    for answer in opened:
        if answer.ok:
            request.delete(f"{address}/{answer.json()['id']}", headers=headers)
    return opened


@contextmanager
def _all_places_taken(tab: Tab) -> Iterator[None]:
    """Begin as many uploads as may be under way, and go on with none of them."""
    exam = tab.read("sessionStorage.getItem('lusscore.exam')")
    token = tab.headers["X-Lusscore-Token"]
    host = tab.origin.removeprefix("http://")
    head = (
        f"POST /api/exams/{exam}/clips HTTP/1.1\r\nHost: {host}\r\nOrigin: {tab.origin}\r\n"
        f"X-Lusscore-Token: {token}\r\nX-Lusscore-Name: slow.mp4\r\nContent-Length: 99999\r\n\r\n"
    )
    with ExitStack() as stack:
        for _ in range(Limits().uploads):
            port = int(host.rpartition(":")[2])
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            connection.sendall(head.encode() + bytes(100))
        yield
