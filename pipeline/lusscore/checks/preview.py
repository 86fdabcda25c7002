"""Contact sheets: every clip's middle frame with the sector and the text that were found."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from lusscore.checks.inspection import ClipLook, Inspection
from lusscore.files import written_whole

_COLUMNS, _ROWS = 6, 10
_TILE, _LINE, _GAP = 240, 18, 8
_BACKGROUND, _INK, _MUTED = "#10171d", "#e3eaf0", "#9dabb7"
_SECTOR, _TEXT = "#35c097", "#ff5a4f"
_LETTERS = 34


def write_preview(inspection: Inspection, path: Path) -> list[Path]:
    """Draw all clips on sheets of 60.

    Text that is burned into the clips is visible on them, so that one can see whether it was
    found.

    Parameters
    ----------
    inspection
        Made with pictures.
    path
        Of the PNG. Where there are several sheets, they are numbered: ``preview-1.png``, ….

    Returns
    -------
    list of Path
        The sheets written.

    Raises
    ------
    WriteError
        If a sheet cannot be written; one that was there stays.
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
        if look.picture:
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
    picture = Image.open(io.BytesIO(look.picture)).convert("RGB")
    picture.thumbnail((_TILE, _TILE))
    sector = look.sector
    if sector is None:
        return picture
    across, down = picture.width / sector.width, picture.height / sector.height
    pen = ImageDraw.Draw(picture)
    corners = [
        (min(picture.width - 1, x * across), min(picture.height - 1, y * down))
        for x, y in sector.outline
    ]
    pen.line([*corners, corners[0]], _SECTOR, 1)
    for box in sector.text:
        pen.rectangle(
            (
                box.left * across - 1,
                box.top * down - 1,
                min(picture.width - 1, box.right * across),
                min(picture.height - 1, box.bottom * down),
            ),
            outline=_TEXT,
        )
    return picture


def _short(clip: str) -> str:
    """Return the end of a clip's name, which tells clips apart."""
    return clip if len(clip) <= _LETTERS else f"…{clip[1 - _LETTERS :]}"
