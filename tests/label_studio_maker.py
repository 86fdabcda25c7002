"""Tasks as Label Studio 1.20 exports them: annotations, and their results."""

import json
from pathlib import Path
from typing import Any

from lusscore.cohort import Imported, ImportOptions, get_importer


def read(source: Path, media: Path | None = None, **columns: str) -> Imported:
    return get_importer("label-studio")(source, ImportOptions(media=media, columns=columns))


def result(control: str, kind: str, **value: Any) -> dict[str, Any]:
    return {
        "value": value,
        "id": "Dx_aB91ISN",
        "from_name": control,
        "to_name": "video",
        "type": kind,
        "origin": "manual",
    }


def annotation(number: int, who: Any, *results: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "completed_by": who,
        "result": list(results),
        "was_cancelled": False,
        "created_at": "2025-03-09T22:16:08.728353Z",
        "updated_at": f"2025-03-09T22:16:{number:02}.728378Z",
        "lead_time": 4.288,
        "prediction": {},
        "parent_annotation": None,
    } | more


def task(number: int, video: str, *annotations: dict[str, Any], **data: Any) -> dict[str, Any]:
    return {
        "id": number,
        "annotations": list(annotations),
        "file_upload": "abcd1234-name.mp4",
        "drafts": [],
        "predictions": [{"model_version": "a", "result": [choice("3")], "score": 0.9}],
        "data": {"video": video} | data,
        "meta": {},
        "updated_at": "2025-03-09T22:16:08.746926Z",
        "inner_id": number,
    }


def choice(value: str, control: str = "score") -> dict[str, Any]:
    return result(control, "choices", choices=[value])


EMAIL = "anna@hospital.example"

TASKS = [
    task(
        1,
        "/data/upload/3/0a1b2c3d-p1_R1.mp4",
        annotation(1, 7, choice("1"), choice("R1", "zone")),
        annotation(2, {"id": 9, "email": EMAIL, "first_name": "", "last_name": ""}, choice("2")),
        annotation(3, 5, choice("0"), was_cancelled=True),
        patient="p1",
    ),
    task(
        2,
        "/data/local-files/?d=ward/p2/L3%20late.mp4",
        annotation(
            4,
            7,
            result(
                "frames", "timelinelabels", ranges=[{"start": 1, "end": 3}], timelinelabels=["0"]
            ),
            choice("L3", "zone"),
            choice("0"),
            result(
                "box", "videorectangle", framesCount=6, duration=0.24, sequence=[], labels=["a"]
            ),
        ),
        patient="p2",
    ),
    task(3, "s3://bucket/lus/p3_R2.mp4", patient="p3"),
]


def write(folder: Path, tasks: Any) -> Path:
    path = folder / "project-83-at-2025-03-10-08-00-0a1b2c3d.json"
    path.write_text(json.dumps(tasks))
    return path
