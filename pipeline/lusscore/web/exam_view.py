"""An exam as the page's scripts get it: plain JSON values."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lusscore import Exam
from lusscore.scoring import ClipPrediction
from lusscore.web.held import HeldClip, HeldExam


def exam_view(exam: HeldExam, result: Exam | None) -> dict[str, Any]:
    """Lay out an exam: its clips, how far it is, and its scores if it has some."""
    progress = exam.progress
    return {
        "id": exam.id,
        "name": exam.name,
        "state": exam.state,
        "error": exam.error,
        "notes": list(exam.notes),
        "progress": {
            "done": progress.done,
            "total": progress.total,
            "seconds": round(time.monotonic() - progress.begun, 2),
        },
        "clips": [clip_view(exam, exam.clips[number]) for number in sorted(exam.clips)],
        "result": None if result is None else _result_view(result),
    }


def clip_view(exam: HeldExam, clip: HeldClip) -> dict[str, Any]:
    """Lay out a clip without its frames."""
    scored = clip.scored
    reading = None if scored is None else scored.prediction
    return {
        "number": clip.number,
        "name": clip.name,
        "size": clip.size,
        "zone": clip.zone,
        "zone_source": clip.zone_source,
        "zone_doubt": clip.zone_doubt,
        "scored": scored is not None,
        "error": "" if scored is None else scored.error,
        "reading": None if reading is None else _summary(reading),
    }


def reading_view(reading: ClipPrediction) -> dict[str, Any]:
    """Lay out what is said of every frame of a clip."""
    evidence, pictures = reading.evidence, reading.pictures
    return _summary(reading) | {
        "frames": reading.frames.tolist(),
        "times": _numbers(reading.times),
        "frame_probabilities": [_numbers(row) for row in reading.frame_probabilities],
        "frame_scores": reading.frame_scores.tolist(),
        "key_frame": reading.key_frame,
        "pictures": {
            "rows": pictures.rows.tolist(),
            "height": pictures.height,
            "width": pictures.width,
            "outline": [[float(x), float(y)] for x, y in pictures.outline],
            "window": [float(edge) for edge in pictures.window],
        },
        "maps": {
            "rows": evidence.maps.shape[1],
            "columns": evidence.maps.shape[2],
            "exact": evidence.exact,
            "note": evidence.note,
        },
    }


def _summary(reading: ClipPrediction) -> dict[str, Any]:
    return {
        "score": reading.score,
        "probabilities": _numbers(reading.probabilities),
        "confidence": round(reading.confidence, 4),
        "distance": _number(reading.ood_score),
        "outside": _number(reading.evidence.outside),
        "review": list(reading.review),
    }


def _result_view(result: Exam) -> dict[str, Any]:
    return {
        "zones": [
            {
                "zone": zone.zone,
                "label": zone.label,
                "clips": list(zone.clips),
                "score": zone.score,
                "probabilities": _numbers(zone.probabilities),
                "review": list(zone.review),
            }
            for zone in result.zones
        ],
        "total": result.global_score,
        "lowest": result.bounds[0],
        "highest": result.bounds[1],
        "zones_of_protocol": result.scored.zones_of_protocol,
        "maximum": result.scored.maximum,
        "notes": list(result.notes),
    }


def _number(value: float) -> float | None:
    return round(float(value), 4) if math.isfinite(value) else None


def _numbers(values: NDArray[np.float64]) -> list[float | None]:
    return [_number(float(value)) for value in values]
