"""One card per clip of an exam: its score, warnings, and the key frame under its saliency map.

The evidence for a score in a cell is the score's map less the mean of the four scores' maps, since
the same added to all four logits changes no probability. It is brought to the picture by bilinear
interpolation between the cells' centres. With e the evidence there and E the most in any cell of
the clip,

    v = min(1, max(0, e) / E),   alpha = 0.8 v,   colour = ramp(v),

so that nothing is drawn without evidence, a frame with little evidence stays pale, and the
ultrasound is seen through everything.
"""

from __future__ import annotations

import base64
import io
import math
from dataclasses import dataclass
from pathlib import PureWindowsPath

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray
from PIL import Image

from lusscore.models import Bundle
from lusscore.report.timeline import draw_timeline, has_times
from lusscore.scoring import ClipPrediction, ScoredClip, centred

LONGEST_SIDE = 320
MOST_OPAQUE = 0.8
LEVELS = 128

# Lightness rises along it, so that the order also holds in grey and for the colour-blind; no colour
# of it is grey, so that it differs from ultrasound.
RAMP = ("#8a2be2", "#d6389b", "#ff7a3d", "#ffd23f", "#fff08a")

_SOURCES = {
    "table": "from table",
    "file name": "from file name",
    "folder": "from folder",
    "DICOM": "from DICOM",
    "person": "assigned by a person",
}
_THIRDS = (("upper", "middle", "lower"), ("left", "centre", "right"))

_Float = NDArray[np.float64]
Window = tuple[float, float, float, float]


@dataclass(frozen=True)
class View:
    """The key frame, or the frame nearest to it that was kept, and its overlay.

    `frame` is its number, with its seconds where they are known; `picture` and `overlay` are
    ``data:`` addresses, `overlay` empty without evidence; `outline` has the sector's corners in
    pixels, as an SVG polygon has them; `strongest` says where the evidence is strongest;
    `probability` is that of the clip's score in this frame.
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
    """What is shown of a clip.

    `label` is its zone in full words, `source` where the zone comes from, `name` that of its file
    where names are shown; `ood_score` and `outside` are None where they are not known, `view`
    without pictures; `is_flat` says that it was scored as a whole: all of several frames have the
    same probabilities.
    """

    clip: ScoredClip
    label: str
    source: str
    name: str
    ood_score: float | None = None
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
    prediction = clip.prediction
    if prediction is None:
        return ClipCard(clip, label, source, name)
    frames = prediction.frame_probabilities
    return ClipCard(
        clip,
        label,
        source,
        name,
        _known(prediction.ood_score),
        _known(prediction.evidence.outside),
        _view(prediction) if prediction.pictures.jpegs else None,
        draw_timeline(prediction),
        len(frames) > 1 and bool((frames == frames[0]).all()),
    )


def _view(clip: ClipPrediction) -> View:
    pictures = clip.pictures
    at = int(np.argmin(np.abs(pictures.rows - clip.key_frame)))
    row = int(pictures.rows[at])
    frame = f"frame {clip.frames[row]}"
    if has_times(clip):
        frame += f", {clip.times[row]:.1f} s"
    evidence = centred(clip.evidence.maps, clip.score)
    most = float(evidence.max())
    overlay = Markup()
    if most > 0:
        drawn = draw_overlay(evidence[row], pictures.window, pictures.height, pictures.width, most)
        overlay = _data("image/png", drawn)
    corners = (f"{x * pictures.width:.1f},{y * pictures.height:.1f}" for x, y in pictures.outline)
    return View(
        frame,
        row == clip.key_frame,
        pictures.height,
        pictures.width,
        _data("image/jpeg", pictures.jpegs[at]),
        overlay,
        " ".join(corners),
        _strongest(evidence[row], pictures.window),
        float(clip.frame_probabilities[row, clip.score]),
    )


def _strongest(evidence: NDArray[np.float32], window: Window) -> str:
    """Say in which ninth of the picture the evidence is strongest, as far as that is inside it."""
    rows, columns = evidence.shape
    row, column = divmod(int(evidence.argmax()), columns)
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


def draw_overlay(
    evidence: NDArray[np.floating], window: Window, height: int, width: int, most: float
) -> bytes:
    """Draw the evidence for a score as a PNG with transparency.

    Parameters
    ----------
    evidence
        Of one frame, shape (rows, columns), over the square that the network sees; below zero it
        is evidence against the score.
    window
        (left, top, right, bottom) of the picture in that square, as fractions of its sides.
    height, width
        Of the picture, in pixels; what is drawn has its proportions and at most `LONGEST_SIDE`
        pixels along a side.
    most
        What is drawn strongest; above 0.

    Returns
    -------
    bytes
        A PNG of `LEVELS` colours.
    """
    factor = min(1.0, LONGEST_SIDE / max(height, width))
    shape = max(1, round(height * factor)), max(1, round(width * factor))
    strength = np.clip(magnify(evidence, window, shape) / most, 0, 1)
    # rounded up, so that all evidence is seen
    levels = np.ceil(strength * (LEVELS - 1)).astype(np.uint8)
    picture = Image.frombytes("P", shape[::-1], levels.tobytes())
    share = np.linspace(0, 1, LEVELS)
    picture.putpalette(ramp_colours(share).astype(np.uint8).tobytes())
    alpha = np.round(255 * MOST_OPAQUE * share).astype(np.uint8)
    coded = io.BytesIO()
    picture.save(coded, "PNG", optimize=True, transparency=alpha.tobytes())
    return coded.getvalue()


def magnify(evidence: NDArray[np.floating], window: Window, shape: tuple[int, int]) -> _Float:
    """Interpolate a map at the pixels of a picture: from (rows, columns) to `shape`.

    Beyond the centres of the outermost cells their values go on.
    """
    left, top, right, bottom = window
    rows = _weights(evidence.shape[0], top, bottom, shape[0])
    columns = _weights(evidence.shape[1], left, right, shape[1])
    return np.asarray(rows @ evidence.astype(np.float64) @ columns.T)


def _weights(cells: int, start: float, stop: float, pixels: int) -> _Float:
    """How much each cell counts at each pixel, shape (pixels, cells)."""
    centres = start + (np.arange(pixels) + 0.5) / pixels * (stop - start)
    places = np.clip(centres * cells - 0.5, 0, cells - 1)
    return np.asarray(np.maximum(0.0, 1 - np.abs(places[:, None] - np.arange(cells))))


def ramp_colours(share: _Float) -> _Float:
    """Return the ramp's colours at shares 0–1 of it: 0–255, shape (shares, 3)."""
    anchors = np.array([[int(one[at : at + 2], 16) for at in (1, 3, 5)] for one in RAMP])
    places = np.linspace(0, 1, len(RAMP))
    channels = [np.interp(share, places, anchors[:, channel]) for channel in range(3)]
    return np.asarray(np.round(np.stack(channels, axis=-1)))
