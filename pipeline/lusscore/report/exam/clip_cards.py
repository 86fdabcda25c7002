"""One card per clip: its score, the doubt about it, and the frame that shows what it rests on."""

from __future__ import annotations

import base64
import math
from dataclasses import dataclass
from pathlib import PureWindowsPath

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from lusscore.models import Bundle
from lusscore.report.exam.overlay import draw_overlay
from lusscore.report.exam.timeline import draw_timeline, has_times
from lusscore.scoring import ClipPrediction, ScoredClip, centred

_SOURCES = {
    "table": "from table",
    "file name": "from file name",
    "folder": "from folder",
    "DICOM": "from DICOM",
    "person": "assigned by a person",
}
_THIRDS = (("upper", "middle", "lower"), ("left", "centre", "right"))


@dataclass(frozen=True)
class View:
    """The key frame, or the frame nearest to it that was kept, and what lies over it.

    Attributes
    ----------
    frame
        Its number in the clip, and its seconds where they are known.
    is_key
        Whether it is the key frame itself.
    height, width
        In pixels.
    picture, overlay
        ``data:`` addresses; `overlay` is empty where nothing speaks for the score.
    outline
        Corners of the sector in pixels, as an SVG polygon has them; empty where unknown.
    strongest
        Where most speaks for the score, in words.
    probability
        Of the clip's score, in this frame.
    """

    frame: str
    is_key: bool
    height: int
    width: int
    picture: Markup
    overlay: Markup
    outline: str
    strongest: str
    probability: float


@dataclass(frozen=True)
class ClipCard:
    """What is told of a clip.

    Attributes
    ----------
    clip
        As scored.
    label
        Its zone in full words; empty where it is not known.
    source
        What told the zone.
    name
        Of its file, where names are shown.
    error
        Why it has no reading.
    distance, outside
        None where they are not known.
    view, timeline
        None for a clip without reading, and `view` for one without pictures.
    is_flat
        Whether all of several frames have the same probabilities: the clip was scored as a whole.
    """

    clip: ScoredClip
    label: str
    source: str
    name: str
    error: str
    distance: float | None = None
    outside: float | None = None
    view: View | None = None
    timeline: Markup | None = None
    is_flat: bool = False


def clip_card(clip: ScoredClip, bundle: Bundle, show_names: bool) -> ClipCard:
    """Gather what a clip's card shows."""
    labels = {zone.name: zone.label for zone in bundle.zones().zones}
    label = labels.get(clip.clip.zone, "")
    source = _SOURCES.get(clip.clip.zone_source, clip.clip.zone_source)
    name = PureWindowsPath(clip.clip.path).name if show_names else ""
    reading = clip.prediction
    if reading is None:
        return ClipCard(clip, label, source, name, clip.error)
    return ClipCard(
        clip,
        label,
        source,
        name,
        "",
        _known(reading.ood_score),
        _known(reading.evidence.outside),
        _view(reading) if reading.pictures.jpegs else None,
        draw_timeline(reading),
        _is_flat(reading),
    )


def _is_flat(reading: ClipPrediction) -> bool:
    frames = reading.frame_probabilities
    return len(frames) > 1 and bool((frames == frames[0]).all())


def _view(reading: ClipPrediction) -> View:
    pictures = reading.pictures
    at = int(np.argmin(np.abs(pictures.rows - reading.key_frame)))
    row = int(pictures.rows[at])
    frame = f"frame {reading.frames[row]}"
    if has_times(reading):
        frame += f", {reading.times[row]:.1f} s"
    speaks = centred(reading.evidence.maps, reading.score)
    most = float(speaks.max())
    overlay = Markup()
    if most > 0:
        drawn = draw_overlay(speaks[row], pictures.window, pictures.height, pictures.width, most)
        overlay = _data("image/png", drawn)
    return View(
        frame,
        row == reading.key_frame,
        pictures.height,
        pictures.width,
        _data("image/jpeg", pictures.jpegs[at]),
        overlay,
        " ".join(
            f"{x * pictures.width:.1f},{y * pictures.height:.1f}" for x, y in pictures.outline
        ),
        _strongest(speaks[row], pictures.window),
        float(reading.frame_probabilities[row, reading.score]),
    )


def _strongest(speaks: NDArray[np.float32], window: tuple[float, float, float, float]) -> str:
    """Say in which ninth of the picture most speaks for the score, as far as that is inside it."""
    rows, columns = speaks.shape
    row, column = divmod(int(speaks.argmax()), columns)
    left, top, right, bottom = window
    words = []
    for place, low, high, thirds in (
        ((row + 0.5) / rows, top, bottom, _THIRDS[0]),
        ((column + 0.5) / columns, left, right, _THIRDS[1]),
    ):
        share = (place - low) / (high - low)
        words.append(thirds[min(2, max(0, int(3 * share)))])
    return "centre" if words == ["middle", "centre"] else " ".join(words)


def _data(kind: str, content: bytes) -> Markup:
    """Write an address that holds the content; base64 has no character to be escaped."""
    return Markup(f"data:{kind};base64,{base64.b64encode(content).decode()}")


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
