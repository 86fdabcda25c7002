"""A scored exam as JSON and as tables, for other programs."""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from lusscore import __version__
from lusscore.errors import ExamError, WriteError
from lusscore.evaluation import PROBABILITIES
from lusscore.models import Bundle
from lusscore.records import Document, Record, parse_json
from lusscore.scoring.exam import ScoredClip, ScoredExam

SCHEMA = 1
_DIGITS = 6
_Probabilities = tuple[float | None, ...]
CLIP_COLUMNS = (
    "clip", "zone", "zone_source", "score", *PROBABILITIES, "confidence", "distance",
    "evidence_outside", "frames", "review", "error", "sha256", "scorer", "trained_on",
)  # fmt: skip
ZONE_COLUMNS = ("zone", "label", "score", *PROBABILITIES, "clips", "review", "scorer", "trained_on")


class ModelTable(Record):
    """The model that scored the exam."""

    id: str
    digest: str
    name: str
    synthetic: bool
    rubric: str


class GlobalScore(Record):
    """The sum over scored zones, and what it could be with those that are missing."""

    sum: int | None
    lowest: int
    highest: int
    maximum: int
    zones_scored: int
    zones_of_protocol: int
    mean_per_zone: float | None


class ZoneRecord(Record):
    """A scored zone; `clips` are numbers, `review` says why a person should look."""

    zone: str
    label: str
    score: int
    probabilities: _Probabilities
    clips: tuple[int, ...]
    review: tuple[str, ...]


class EvidenceRecord(Record):
    """How the saliency map was made, and the share of it that lies outside the sector."""

    exact: bool
    note: str | None
    outside_sector: float | None


class FrameRecord(Record):
    """A scored frame; `seconds` is null where the clip gives no times."""

    frame: int
    seconds: float | None
    score: int
    probabilities: _Probabilities


class ClipRecord(Record):
    """A clip: an `error`, or all from `score` on; `file` only where names were asked for.

    A clip that shows nothing has a `score` of null, and `review` says why.
    `distance` is the OOD score, whose limit is 1.
    """

    clip: int
    file: str = ""
    zone: str | None
    zone_source: str | None
    sha256: str | None
    error: str | None = None
    score: int | None = None
    probabilities: _Probabilities = ()
    confidence: float | None = None
    distance: float | None = None
    review: tuple[str, ...] = ()
    key_frame: int | None = None
    evidence: EvidenceRecord | None = None
    frames: tuple[FrameRecord, ...] = ()


class ExamRecord(Document):
    """``exam.json``; ``ExamRecord.model_json_schema()`` gives it as a JSON Schema."""

    SCHEMA = SCHEMA
    RENEW = "score the exam again"
    lusscore: str
    research_use_only: Literal[True]
    exam: str
    created: str | None
    model: ModelTable
    protocol: str
    global_score: GlobalScore
    review: bool
    notes: tuple[str, ...]
    zones: tuple[ZoneRecord, ...]
    clips: tuple[ClipRecord, ...]


def exam_json(
    exam: ScoredExam, bundle: Bundle, *, created: str | None = None, names: bool = False
) -> dict[str, Any]:
    """Lay out an exam as plain JSON values, those of :class:`ExamRecord`.

    `created` is when it was scored, ISO 8601. With `names`, clips carry the names of their files,
    which may be those of people.
    """
    record = ExamRecord(
        schema=SCHEMA,
        lusscore=__version__,
        research_use_only=True,
        exam=exam.name,
        created=created,
        model=ModelTable(**{key: getattr(bundle, key) for key in ModelTable.model_fields}),
        protocol=exam.protocol,
        global_score=GlobalScore(
            sum=exam.total if exam.zones else None,
            lowest=exam.lowest,
            highest=exam.highest,
            maximum=exam.maximum,
            zones_scored=len(exam.zones),
            zones_of_protocol=exam.zones_of_protocol,
            mean_per_zone=_number(exam.total / len(exam.zones)) if exam.zones else None,
        ),
        review=any(zone.review for zone in exam.zones) or any(clip.unscored for clip in exam.clips),
        notes=exam.notes,
        zones=_zone_records(exam),
        clips=tuple(_clip_record(clip, names) for clip in exam.clips),
    )
    return record.model_dump(mode="json", exclude_unset=True)


def read_exam_json(path: Path) -> ExamRecord:
    """Read an exam that was scored before.

    Raises
    ------
    ExamError
        If there is none, it is of a later schema, or it is not what an exam has.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        why = (error.strerror or "unknown reason").lower()
        raise ExamError(f"it cannot be read ({why})", path=path, advice="check the path") from None
    return parse_json(data, ExamRecord, ExamError, advice=ExamRecord.RENEW, path=path)


def _zone_records(exam: ScoredExam) -> tuple[ZoneRecord, ...]:
    return tuple(
        ZoneRecord(**vars(zone) | {"probabilities": _numbers(zone.probabilities)})
        for zone in exam.zones
    )


def _clip_record(clip: ScoredClip, names: bool = False) -> ClipRecord:
    known: dict[str, Any] = {
        "clip": clip.number,
        **({"file": clip.clip.path.name} if names else {}),
        "zone": clip.clip.zone or None,
        "zone_source": clip.clip.zone_source or None,
        "sha256": clip.digest or None,
    }
    prediction = clip.prediction
    if prediction is None:
        if clip.unscored:
            return ClipRecord(**known, score=None, review=(clip.unscored,))
        return ClipRecord(**known, error=clip.error)
    frames = zip(
        prediction.frames,
        prediction.times,
        prediction.frame_scores,
        prediction.frame_probabilities,
        strict=True,
    )
    return ClipRecord(
        **known,
        score=prediction.score,
        probabilities=_numbers(prediction.probabilities),
        confidence=_number(prediction.confidence),
        distance=_number(prediction.ood_score),
        review=prediction.review,
        key_frame=int(prediction.frames[prediction.key_frame]),
        evidence=EvidenceRecord(
            exact=prediction.evidence.exact,
            note=prediction.evidence.note or None,
            outside_sector=_number(prediction.evidence.outside),
        ),
        frames=tuple(
            FrameRecord(
                frame=int(frame),
                seconds=_number(seconds),
                score=int(score),
                probabilities=_numbers(probabilities),
            )
            for frame, seconds, score, probabilities in frames
        ),
    )


def exam_csv(exam: ScoredExam, bundle: Bundle) -> str:
    """Write one row per clip, those that failed too, with the columns `CLIP_COLUMNS`."""
    rows = []
    for clip in map(_clip_record, exam.clips):
        row = clip.model_dump(include={*CLIP_COLUMNS} - {"frames", "review"})
        row["review"] = " ".join(clip.review)
        if clip.evidence is not None:
            row |= {
                **dict(zip(PROBABILITIES, clip.probabilities, strict=True)),
                "evidence_outside": clip.evidence.outside_sector,
                "frames": len(clip.frames),
            }
        rows.append(row)
    return _table(CLIP_COLUMNS, rows, bundle)


def zones_csv(exam: ScoredExam, bundle: Bundle) -> str:
    """Write one row per scored zone with the columns `ZONE_COLUMNS`."""
    rows = [
        {
            "zone": zone.zone,
            "label": zone.label,
            "score": zone.score,
            **dict(zip(PROBABILITIES, zone.probabilities, strict=True)),
            "clips": " ".join(map(str, zone.clips)),
            "review": " ".join(zone.review),
        }
        for zone in _zone_records(exam)
    ]
    return _table(ZONE_COLUMNS, rows, bundle)


def _table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]], bundle: Bundle) -> str:
    """Write rows as CSV; each names the model, since rows are copied without the rest."""
    model = {
        "scorer": f"{bundle.name} {bundle.digest[:12]}".strip(),
        "trained_on": "synthetic images, no patients" if bundle.synthetic else "patients",
    }
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({**row, **model} for row in rows)
    return text.getvalue()


def _numbers(values: Iterable[float]) -> _Probabilities:
    return tuple(map(_number, values))


def _number(value: float) -> float | None:
    return round(float(value), _DIGITS) if math.isfinite(value) else None


def exam_folder_name(exam: ScoredExam, bundle: Bundle) -> str:
    """Name an exam's folder by clips and model: names of files may be those of people."""
    digests = "".join([*sorted(clip.digest for clip in exam.clips), bundle.digest])
    return f"exam-{hashlib.sha256(digests.encode()).hexdigest()[:12]}"


def prepare_folder(folder: Path) -> None:
    """Make the folder; raises WriteError before an exam is scored rather than after."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError(folder, error) from None
