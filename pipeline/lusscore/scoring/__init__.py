"""From an exam's clips to scores, the evidence for them and the doubt about them."""

from lusscore.scoring.assemble import assemble_exam
from lusscore.scoring.documents import (
    exam_csv,
    exam_folder_name,
    exam_json,
    prepare_folder,
    zones_csv,
)
from lusscore.scoring.exam_input import find_exam
from lusscore.scoring.scored import ExamClip, Reading, ScoredClip, ScoredExam, ScoredZone
from lusscore.scoring.scorer import Scorer

__all__ = [
    "ExamClip",
    "Reading",
    "ScoredClip",
    "ScoredExam",
    "ScoredZone",
    "Scorer",
    "assemble_exam",
    "exam_csv",
    "exam_folder_name",
    "exam_json",
    "find_exam",
    "prepare_folder",
    "zones_csv",
]
