import base64
import errno
import io
import os
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
import pytest
from PIL import Image

from lusscore.checks import Finding, Verdict, render_page, write_preview
from lusscore.checks.inspection import Inspection
from lusscore.cohort import Cohort, Segment
from lusscore.errors import WriteError

Check = Callable[..., Verdict]
GREEN, RED = (53, 192, 151), (255, 90, 79)
VOID = {"meta", "img", "br", "link", "input"}


class Strict(HTMLParser):
    """Fails on tags that do not nest."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or "" for key, value in attrs if key in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def verdict(
    rows: Callable[..., Segment],
    check: Callable[..., Verdict],
    drifting_clip: Callable[..., np.ndarray],
) -> Verdict:
    named = drifting_clip(1)
    for rgb in named:
        cv2.putText(rgb, "SOMEBODY", (4, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 0, 0), 1)
    clips = {"a.mp4": named, "b.mp4": named, "dark.mp4": np.zeros((12, 240, 320, 3), np.uint8)}
    segments = [
        rows(name[0], "R1", 1, clip=name, group="y" if name[0] == "d" else "<b>x</b>")
        for name in clips
    ]
    return check(clips, segments, pictures=True)


def test_the_page_is_well_formed_and_asks_for_nothing(verdict: Verdict) -> None:
    page = render_page(verdict)
    parser = Strict()
    parser.feed(page)
    assert parser.open == []
    assert parser.addresses
    assert all(address.startswith(("data:", "#")) for address in parser.addresses)
    assert "<script" not in page
    assert "default-src 'none'" in page
    assert "prefers-color-scheme: dark" in page
    assert "<b>x</b>" not in page
    assert "&lt;b&gt;x&lt;/b&gt;" in page


def test_findings_are_on_it(verdict: Verdict) -> None:
    page = render_page(verdict)
    for finding in verdict.findings:
        assert f"<code>{finding.code}</code>" in page
    assert "a · exam 1 · R1 = b · exam 1 · R1" in page
    assert "a.mp4" not in page
    assert "a · exam 1 · R1 · a.mp4" in render_page(verdict, names=True)


def test_pictures_show_no_name(verdict: Verdict) -> None:
    pictures = [
        np.asarray(Image.open(io.BytesIO(base64.b64decode(found))))
        for found in re.findall(r'src="data:image/jpeg;base64,([^"]+)"', render_page(verdict))
    ]
    assert len(pictures) == 2  # none of the clip whose sector was not found
    for picture in pictures:
        red = picture[..., 0].astype(int) - picture[..., 1]
        assert red.max() < 40
        assert picture.std() > 20


def test_a_cohort_that_cannot_be_read_has_a_page(tmp_path: Path) -> None:
    finding = Finding("error", "invalid-manifest", "'R7' is no zone.", ("line 2, column zone",))
    page = render_page(Verdict("ward", (finding,)))
    assert "line 2, column zone" in page
    parser = Strict()
    parser.feed(page)
    assert parser.open == []


def test_problems_of_a_manifest_show_no_folder_of_an_absolute_path(
    make_cohort: Callable[..., Cohort], tmp_path: Path, check_at: Check
) -> None:
    folder = make_cohort(2).folder
    manifest = folder / "manifest.csv"
    elsewhere = tmp_path / "Ada Lovelace" / "scan.mp4"
    header, _, _, *rest = manifest.read_text().splitlines()
    owned = ["p0,1,R1,0", "p1,1,R1,0"]  # by two patients, and not there
    rows = [f"{elsewhere},{owner}" for owner in owned] + [f"../Ada Lovelace/out.mp4,{owned[0]}"]
    columns = header.split(",")
    padded = [row + "," * (len(columns) - row.count(",") - 1) for row in rows]
    manifest.write_text("\n".join([header, *padded, *rest]) + "\n")

    verdict = check_at(folder, None)
    told = " ".join(finding.what for finding in verdict.findings)
    assert all(what in told for what in ("is not there", "leads out of", "p0, 1, R1"))
    assert str(elsewhere) in str(verdict.findings)  # the terminal and JSON tell all
    page = render_page(verdict)
    assert "line 2" in page
    assert "scan.mp4" not in page
    assert "Lovelace" not in page
    assert str(tmp_path) not in page


@pytest.fixture
def looked_at(
    rows: Callable[..., Segment],
    check: Callable[..., Verdict],
    drifting_clip: Callable[..., np.ndarray],
    tmp_path: Path,
) -> Inspection:
    """A clip with text on the tissue, and one that cannot be read."""
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"no video")
    clips = {"a.mp4": drifting_clip(1, text="L3"), "b.mp4": bad}
    segments = [rows("a", clip="a.mp4"), rows("b", clip="b.mp4")]
    inspection = check(clips, segments, pictures=True).inspection
    assert inspection is not None
    return inspection


def drawn(path: Path, colour: tuple[int, int, int]) -> int:
    return int((np.asarray(Image.open(path)) == colour).all(axis=2).sum())


def test_sector_and_text_are_drawn(looked_at: Inspection, tmp_path: Path) -> None:
    (path,) = write_preview(looked_at, tmp_path / "preview.png")
    assert path == tmp_path / "preview.png"
    assert drawn(path, GREEN) > 300
    assert drawn(path, RED) > 40
    look = looked_at.clips[0]
    assert look.survey is not None
    plain = replace(look, survey=replace(look.survey, sector=replace(look.sector, text=())))
    (path,) = write_preview(replace(looked_at, clips=(plain,)), tmp_path / "preview.png")
    assert drawn(path, RED) == 0


def test_many_clips_go_on_numbered_sheets(looked_at: Inspection, tmp_path: Path) -> None:
    many = replace(looked_at, clips=looked_at.clips * 31)
    paths = write_preview(many, tmp_path / "preview.png")
    assert [path.name for path in paths] == ["preview-1.png", "preview-2.png"]
    assert {path.name for path in tmp_path.glob("preview*")} == {path.name for path in paths}


def test_a_sheet_that_was_there_stays_where_a_new_one_cannot_be_written(
    looked_at: Inspection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(WriteError, match="cannot be written"):
        write_preview(looked_at, tmp_path)
    place = tmp_path / "sheet.png"
    place.write_bytes(b"the old sheet")

    def full(self: object, file: BinaryIO, kind: str) -> None:
        file.write(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(WriteError, match="No space left on device"):
        write_preview(looked_at, place)
    assert place.read_bytes() == b"the old sheet"
