"""A scored exam as JSON and as tables, for other programs."""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from lusscore import __version__
from lusscore.bundle import Bundle
from lusscore.errors import WriteError
from lusscore.evaluation import PROBABILITIES
from lusscore.scoring.scored import Reading, ScoredClip, ScoredExam

SCHEMA = 1
_DIGITS = 6
CLIP_COLUMNS = (
    "clip", "zone", "zone_source", "score", *PROBABILITIES, "confidence", "distance",
    "evidence_outside", "frames", "review", "error", "sha256", "scorer", "trained_on",
)  # fmt: skip
ZONE_COLUMNS = ("zone", "label", "score", *PROBABILITIES, "clips", "review", "scorer", "trained_on")


def exam_json(
    exam: ScoredExam, bundle: Bundle, *, created: str | None = None, names: bool = False
) -> dict[str, Any]:
    """Lay out an exam as plain JSON values; docs/scoring.md tells what each is.

    Parameters
    ----------
    exam, bundle
        What was scored, and by what.
    created
        When it was scored, ISO 8601.
    names
        Whether clips carry the names of their files, which may be those of people.
    """
    return {
        "schema": SCHEMA,
        "lusscore": __version__,
        "research_use_only": True,
        "exam": exam.name,
        "created": created,
        "model": {
            "id": bundle.id,
            "digest": bundle.digest,
            "name": bundle.name,
            "synthetic": bundle.synthetic,
            "rubric": bundle.rubric,
        },
        "protocol": exam.protocol,
        "global_score": {
            "sum": exam.total if exam.zones else None,
            "lowest": exam.lowest,
            "highest": exam.highest,
            "maximum": exam.maximum,
            "zones_scored": len(exam.zones),
            "zones_of_protocol": exam.zones_of_protocol,
            "mean_per_zone": _number(exam.total / len(exam.zones)) if exam.zones else None,
        },
        "review": any(zone.review for zone in exam.zones),
        "notes": list(exam.notes),
        "zones": [
            {
                "zone": zone.zone,
                "label": zone.label,
                "score": zone.score,
                "probabilities": _numbers(zone.probabilities),
                "clips": list(zone.clips),
                "review": list(zone.review),
            }
            for zone in exam.zones
        ],
        "clips": [_clip(clip, names) for clip in exam.clips],
    }


def _clip(clip: ScoredClip, names: bool) -> dict[str, Any]:
    told: dict[str, Any] = {
        "clip": clip.number,
        **({"file": clip.clip.path.name} if names else {}),
        "zone": clip.clip.zone or None,
        "zone_source": clip.clip.zone_source or None,
        "sha256": clip.digest or None,
    }
    if clip.reading is None:
        return told | {"error": clip.error}
    return told | _reading(clip.reading)


def _reading(reading: Reading) -> dict[str, Any]:
    return {
        "score": reading.score,
        "probabilities": _numbers(reading.probabilities),
        "confidence": _number(reading.confidence),
        "distance": _number(reading.distance),
        "review": list(reading.review),
        "key_frame": int(reading.frames[reading.key_frame]),
        "evidence": {
            "exact": reading.evidence.exact,
            "note": reading.evidence.note or None,
            "outside_sector": _number(reading.evidence.outside),
        },
        "frames": [
            {
                "frame": int(frame),
                "seconds": _number(seconds),
                "score": int(score),
                "probabilities": _numbers(probabilities),
            }
            for frame, seconds, score, probabilities in zip(
                reading.frames,
                reading.times,
                reading.frame_scores,
                reading.frame_probabilities,
                strict=True,
            )
        ],
    }


def exam_csv(exam: ScoredExam, bundle: Bundle) -> str:
    """Write one row per clip, those that failed too, with the columns `CLIP_COLUMNS`."""
    return _table(CLIP_COLUMNS, ([*_clip_row(clip), *_scorer(bundle)] for clip in exam.clips))


def zones_csv(exam: ScoredExam, bundle: Bundle) -> str:
    """Write one row per scored zone with the columns `ZONE_COLUMNS`."""
    return _table(
        ZONE_COLUMNS,
        (
            [
                zone.zone,
                zone.label,
                zone.score,
                *_numbers(zone.probabilities),
                " ".join(map(str, zone.clips)),
                " ".join(zone.review),
                *_scorer(bundle),
            ]
            for zone in exam.zones
        ),
    )


def _scorer(bundle: Bundle) -> tuple[str, str]:
    """Name the scorer in every row: rows are copied without what stands above them."""
    seen = "computed images, of no patient" if bundle.synthetic else "patients"
    return f"{bundle.name} {bundle.digest[:12]}".strip(), seen


def _clip_row(clip: ScoredClip) -> list[object]:
    start = [clip.number, clip.clip.zone, clip.clip.zone_source]
    reading = clip.reading
    if reading is None:
        empty = [""] * (len(CLIP_COLUMNS) - len(start) - 4)
        return [*start, *empty, clip.error, clip.digest]
    return [
        *start,
        reading.score,
        *_numbers(reading.probabilities),
        _number(reading.confidence),
        _number(reading.distance),
        _number(reading.evidence.outside),
        len(reading.frames),
        " ".join(reading.review),
        "",
        clip.digest,
    ]


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(["" if cell is None else cell for cell in row] for row in rows)
    return text.getvalue()


def _numbers(values: Iterable[float]) -> list[float | None]:
    return [_number(value) for value in values]


def _number(value: float) -> float | None:
    return round(float(value), _DIGITS) if math.isfinite(value) else None


def exam_folder_name(exam: ScoredExam, bundle: Bundle) -> str:
    """Name an exam's folder by clips and model: names of files may be those of people."""
    digests = "".join([*sorted(clip.digest for clip in exam.clips), bundle.digest])
    return f"exam-{hashlib.sha256(digests.encode()).hexdigest()[:12]}"


def prepare_folder(folder: Path) -> None:
    """Make the folder, so that it is known before an exam is scored whether it can be.

    Raises
    ------
    WriteError
        If it cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError(folder, error) from None
