"""Exams and clips as the page's scripts get them: plain JSON values, pictures and maps."""

from __future__ import annotations

import math
import struct
import time
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from lusscore import Exam
from lusscore.scoring import ClipPrediction
from lusscore.web.exams import ExamSession, UploadedClip


def fields(of: object, *names: str) -> dict[str, Any]:
    """Return attributes of an object by their names."""
    return {name: getattr(of, name) for name in names}


def exam_view(exam: ExamSession, result: Exam | None) -> dict[str, Any]:
    """Lay out an exam: its clips, how far it is, and its scores if it has some."""
    progress = exam.progress
    return {
        **fields(exam, "id", "name", "state", "error", "notes"),
        "progress": {
            **fields(progress, "done", "total"),
            "seconds": round(time.monotonic() - progress.begun, 2),
        },
        "clips": [clip_view(clip) for clip in exam.in_order()],
        "result": None if result is None else _result_view(result),
    }


def clip_view(clip: UploadedClip) -> dict[str, Any]:
    """Lay out a clip without its frames."""
    scored = clip.scored
    prediction = None if scored is None else scored.prediction
    return {
        **fields(clip, "number", "name", "size", "zone", "zone_source", "zone_warning"),
        "scored": scored is not None,
        "error": "" if scored is None else scored.reason,
        "prediction": None if prediction is None else _summary(prediction),
    }


def prediction_view(prediction: ClipPrediction) -> dict[str, Any]:
    """Lay out what is predicted for every frame of a clip."""
    evidence, pictures = prediction.evidence, prediction.pictures
    return _summary(prediction) | {
        "frames": prediction.frames.tolist(),
        "times": _numbers(prediction.times),
        "frame_probabilities": [_numbers(row) for row in prediction.frame_probabilities],
        "frame_scores": prediction.frame_scores.tolist(),
        "key_frame": prediction.key_frame,
        "pictures": {
            "rows": pictures.rows.tolist(),
            **fields(pictures, "height", "width"),
            "outline": [[float(x), float(y)] for x, y in pictures.outline],
            "window": [float(edge) for edge in pictures.window],
        },
        "maps": {
            "rows": evidence.maps.shape[1],
            "columns": evidence.maps.shape[2],
            **fields(evidence, "exact", "note"),
        },
    }


def pack_pictures(jpegs: Sequence[bytes]) -> bytes:
    """Join JPEGs: their count, the size of each, then all, numbers as little-endian uint32."""
    sizes = [len(jpeg) for jpeg in jpegs]
    return struct.pack(f"<{len(sizes) + 1}I", len(sizes), *sizes) + b"".join(jpegs)


def pack_maps(prediction: ClipPrediction) -> bytes:
    """Return the maps of the frames that have pictures.

    Little-endian float32, shape (pictures, rows, columns, 4).
    """
    maps = prediction.evidence.maps[prediction.pictures.rows]
    return np.ascontiguousarray(maps, dtype="<f4").tobytes()


def _summary(prediction: ClipPrediction) -> dict[str, Any]:
    return {
        "score": prediction.score,
        "probabilities": _numbers(prediction.probabilities),
        "confidence": round(prediction.confidence, 4),
        "ood_score": _number(prediction.ood_score),
        "outside": _number(prediction.evidence.outside),
        "review": list(prediction.review),
    }


def _result_view(result: Exam) -> dict[str, Any]:
    return {
        "zones": [
            {
                **fields(zone, "zone", "label", "clips", "score", "review"),
                "probabilities": _numbers(zone.probabilities),
            }
            for zone in result.zones
        ],
        "total": result.global_score,
        "lowest": result.bounds[0],
        "highest": result.bounds[1],
        **fields(result.scored, "zones_of_protocol", "maximum", "notes"),
    }


def _number(value: float) -> float | None:
    return round(float(value), 4) if math.isfinite(value) else None


def _numbers(values: Iterable[float]) -> list[float | None]:
    return [_number(value) for value in values]
