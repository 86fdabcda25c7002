"""From an exam's clips to scores, the evidence for them and the doubt about them."""

from lusscore.scoring.assemble import assemble_exam
from lusscore.scoring.documents import exam_csv, exam_json, zones_csv
from lusscore.scoring.scored import ExamClip, ScoredClip, ScoredExam
from lusscore.scoring.scorer import Scorer

__all__ = [
    "ExamClip",
    "ScoredClip",
    "ScoredExam",
    "Scorer",
    "assemble_exam",
    "exam_csv",
    "exam_json",
    "zones_csv",
]
