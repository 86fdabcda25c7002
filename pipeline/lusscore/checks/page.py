"""What was found, to look at: an HTML page that needs no network, and contact sheets."""

from __future__ import annotations

import base64
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path, PureWindowsPath
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from PIL import Image, ImageDraw, ImageFont

from lusscore import __version__
from lusscore.checks.agreement import shared_amount
from lusscore.checks.cohort_check import Verdict
from lusscore.checks.findings import LEVELS, Finding, Level
from lusscore.checks.inspection import ClipLook, Inspection
from lusscore.cohort import MAXIMUM_ZONE_SCORE
from lusscore.files import written_whole

# Beyond this many pictures a page becomes slow; clips with findings come first.
_MOST_PICTURES = 600
_MOST_PLACES = 200
# Findings about most clips of a cohort say little of any one clip.
_COMMON = 0.5
_SCORES = range(MAXIMUM_ZONE_SCORE + 1)
# Contact sheets, in pixels.
_COLUMNS, _ROWS = 6, 10
_TILE, _LINE, _GAP = 240, 18, 8
_BACKGROUND, _INK, _MUTED = "#10171d", "#e3eaf0", "#9dabb7"
_SECTOR, _TEXT = "#35c097", "#ff5a4f"
_LETTERS = 34


def render_page(verdict: Verdict, *, names: bool = False) -> str:
    """Return the page.

    Pictures show the sector alone, with the text that was found painted over, and only where the
    sector was found by motion or declared by DICOM. Clips go by patient, exam and zone. A content
    security policy forbids the page every request and every script.

    `names` adds the file names of clips, which may be those of people; never folders.
    """
    environment = Environment(
        loader=PackageLoader("lusscore.checks"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    inspection, agreement = verdict.inspection, verdict.agreement
    titles = dict(inspection.titles) if inspection else {}
    if names:
        titles = {clip: f"{title} · {PureWindowsPath(clip).name}" for clip, title in titles.items()}
    by_level: dict[Level, list[dict[str, object]]] = {level: [] for level in LEVELS}
    for finding in verdict.findings:
        by_level[finding.level].append(_shown(finding, titles))
    return environment.get_template("check.html.j2").render(
        verdict=verdict,
        fleiss_amount=shared_amount(agreement.fleiss_segments, agreement.fleiss_frames),
        version=__version__,
        levels=list(by_level.items()),
        most_places=_MOST_PLACES,
        crosstab=_crosstab(inspection) if inspection else [],
        scores=[str(score) for score in _SCORES],
        cards=_cards(verdict, inspection, titles) if inspection else [],
        clips=len(inspection.clips) if inspection else 0,
    )


def _shown(finding: Finding, titles: Mapping[str, str]) -> dict[str, object]:
    """Return a finding with clips by their titles; those without one go by their line."""
    groups = ([titles[clip] for clip in group if clip in titles] for group in finding.clips)
    where = [*finding.where, *(" = ".join(group) for group in groups if group)]
    return {"code": finding.code, "what": finding.what, "advice": finding.advice, "where": where}


def _crosstab(inspection: Inspection) -> list[tuple[str, list[int]]]:
    """Count labelled rows per group and score; the last row is that of all."""
    counts = Counter((segment.group, segment.score) for segment in inspection.labelled)
    groups = sorted({group for group, _ in counts})
    rows = [(group or "no group", [counts[group, score] for score in _SCORES]) for group in groups]
    everybody = ("all", [inspection.scores.get(score, 0) for score in _SCORES])
    return [*rows, everybody] if len(rows) > 1 else [everybody]


def _cards(
    verdict: Verdict, inspection: Inspection, titles: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Show clips, those with the gravest findings first."""
    found: dict[str, list[tuple[Level, str]]] = {}
    for finding in verdict.findings:
        clips = {clip for group in finding.clips for clip in group} & inspection.by_clip.keys()
        if finding.level == "error" or len(clips) <= _COMMON * len(inspection.clips):
            for clip in clips:
                found.setdefault(clip, []).append((finding.level, finding.code))

    def gravity(look: ClipLook) -> int:
        levels = [LEVELS.index(level) for level, _ in found.get(look.clip, [])]
        return min(levels, default=len(LEVELS))

    def scores(look: ClipLook) -> str:
        labels = (segment.score for segment in look.segments)
        return ", ".join("–" if score is None else str(score) for score in labels)

    return [
        {
            "name": titles[look.clip],
            "scores": scores(look),
            "frames": look.survey.frames if look.survey else 0,
            "picture": base64.b64encode(look.seen.thumbnail).decode(),
            "findings": found.get(look.clip, ()),
        }
        for look in sorted(inspection.clips, key=gravity)[:_MOST_PICTURES]
    ]


def write_preview(inspection: Inspection, path: Path) -> list[Path]:
    """Draw the middle frame of every clip, with the sector and text found, on sheets of 60.

    Text that is burned into the clips is visible on them, so that one can see whether it was
    found. Several sheets are numbered: ``preview-1.png``, …. Returns the sheets written; raises
    WriteError where one cannot be, and what was there stays.
    """
    looks = iter(inspection.clips)
    count = -(-len(inspection.clips) // (_COLUMNS * _ROWS))
    paths = []
    for number in range(1, count + 1):
        page = f", sheet {number} of {count}" if count > 1 else ""
        sheet = _draw(
            f"{inspection.cohort.name}{page}. Green: sector. Red: text found. Names burned into "
            "the clips are visible here.",
            list(islice(looks, _COLUMNS * _ROWS)),
            inspection.titles,
        )
        place = path.with_stem(f"{path.stem}-{number}") if count > 1 else path
        with written_whole(place) as file:
            sheet.save(file, "PNG")
        paths.append(place)
    return paths


def _draw(title: str, looks: Sequence[ClipLook], titles: Mapping[str, str]) -> Image.Image:
    rows = -(-len(looks) // _COLUMNS)
    step_x, step_y = _TILE + _GAP, _TILE + 2 * _LINE + _GAP
    size = (_COLUMNS * step_x + _GAP, rows * step_y + 2 * _LINE + _GAP)
    sheet = Image.new("RGB", size, _BACKGROUND)
    pen = ImageDraw.Draw(sheet)
    pen.text((_GAP, _GAP), title, _INK, ImageFont.load_default(14))
    small = ImageFont.load_default(11)
    for place, look in enumerate(looks):
        left = _GAP + place % _COLUMNS * step_x
        top = 2 * _LINE + _GAP + place // _COLUMNS * step_y
        if look.seen.picture:
            tile = _tile(look)
            sheet.paste(tile, (left + (_TILE - tile.width) // 2, top + (_TILE - tile.height) // 2))
        else:
            pen.rectangle((left, top, left + _TILE - 1, top + _TILE - 1), outline=_MUTED)
            pen.text((left + 8, top + 8), "cannot be read", _MUTED, small)
        source = f"sector: {look.sector.source}" if look.sector else ""
        pen.text((left, top + _TILE + 2), _short(titles[look.clip]), _INK, small)
        pen.text((left, top + _TILE + _LINE), source, _MUTED, small)
    return sheet


def _tile(look: ClipLook) -> Image.Image:
    """Draw what was found on a clip's picture."""
    picture = Image.open(io.BytesIO(look.seen.picture)).convert("RGB")
    picture.thumbnail((_TILE, _TILE))
    sector = look.sector
    assert sector is not None
    across, down = picture.width / sector.width, picture.height / sector.height

    def within(x: float, y: float) -> tuple[float, float]:
        return min(picture.width - 1, x * across), min(picture.height - 1, y * down)

    pen = ImageDraw.Draw(picture)
    corners = [within(x, y) for x, y in sector.outline]
    pen.line([*corners, corners[0]], _SECTOR, 1)
    for box in sector.text:
        start = (box.left * across - 1, box.top * down - 1)
        pen.rectangle((*start, *within(box.right, box.bottom)), outline=_TEXT)
    return picture


def _short(title: str) -> str:
    """Return the end of a clip's title, which tells clips apart."""
    return title if len(title) <= _LETTERS else f"…{title[1 - _LETTERS :]}"
