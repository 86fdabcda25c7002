"""A scored exam as JSON and as tables, for other programs."""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

from lusscore import __version__
from lusscore.errors import ExamError, WriteError
from lusscore.evaluation import PROBABILITIES
from lusscore.models import Bundle
from lusscore.records import Document, Record, parse_json
from lusscore.scoring.scored import ScoredClip, ScoredExam

SCHEMA = 1
_DIGITS = 6
_Probabilities = tuple[float | None, ...]
CLIP_COLUMNS = (
    "clip", "zone", "zone_source", "score", *PROBABILITIES, "confidence", "distance",
    "evidence_outside", "frames", "review", "error", "sha256", "scorer", "trained_on",
)  # fmt: skip
ZONE_COLUMNS = ("zone", "label", "score", *PROBABILITIES, "clips", "review", "scorer", "trained_on")


class ModelTable(Record):
    """By what it was scored."""

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
    """A clip: an `error`, or all from `score` on; `file` only where names were asked for."""

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

    Parameters
    ----------
    exam, bundle
        What was scored, and by what.
    created
        When it was scored, ISO 8601.
    names
        Whether clips carry the names of their files, which may be those of people.
    """
    record = ExamRecord(
        schema=SCHEMA,
        lusscore=__version__,
        research_use_only=True,
        exam=exam.name,
        created=created,
        model=ModelTable(
            id=bundle.id,
            digest=bundle.digest,
            name=bundle.name,
            synthetic=bundle.synthetic,
            rubric=bundle.rubric,
        ),
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
        review=any(zone.review for zone in exam.zones),
        notes=tuple(exam.notes),
        zones=tuple(
            ZoneRecord(
                zone=zone.zone,
                label=zone.label,
                score=zone.score,
                probabilities=_numbers(zone.probabilities),
                clips=tuple(zone.clips),
                review=tuple(zone.review),
            )
            for zone in exam.zones
        ),
        clips=tuple(_clip(clip, names) for clip in exam.clips),
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


def _clip(clip: ScoredClip, names: bool) -> ClipRecord:
    told: dict[str, Any] = {
        "clip": clip.number,
        **({"file": clip.clip.path.name} if names else {}),
        "zone": clip.clip.zone or None,
        "zone_source": clip.clip.zone_source or None,
        "sha256": clip.digest or None,
    }
    reading = clip.prediction
    if reading is None:
        return ClipRecord(**told, error=clip.error)
    return ClipRecord(
        **told,
        score=reading.score,
        probabilities=_numbers(reading.probabilities),
        confidence=_number(reading.confidence),
        distance=_number(reading.distance),
        review=tuple(reading.review),
        key_frame=int(reading.frames[reading.key_frame]),
        evidence=EvidenceRecord(
            exact=reading.evidence.exact,
            note=reading.evidence.note or None,
            outside_sector=_number(reading.evidence.outside),
        ),
        frames=tuple(
            FrameRecord(
                frame=int(frame),
                seconds=_number(seconds),
                score=int(score),
                probabilities=_numbers(probabilities),
            )
            for frame, seconds, score, probabilities in zip(
                reading.frames,
                reading.times,
                reading.frame_scores,
                reading.frame_probabilities,
                strict=True,
            )
        ),
    )


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
    reading = clip.prediction
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


def _numbers(values: Iterable[float]) -> _Probabilities:
    return tuple(_number(value) for value in values)


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
