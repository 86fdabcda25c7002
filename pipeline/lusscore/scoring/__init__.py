"""From an exam's clips to scores, the evidence for them and the doubt about them."""

from lusscore.scoring.assemble import assemble_exam
from lusscore.scoring.documents import (
    ExamRecord,
    exam_csv,
    exam_folder_name,
    exam_json,
    prepare_folder,
    read_exam_json,
    zones_csv,
)
from lusscore.scoring.evidence import centred
from lusscore.scoring.exam_doubts import notes_on_patients
from lusscore.scoring.exam_files import FoundClip
from lusscore.scoring.exam_input import find_exam
from lusscore.scoring.pictures import PictureTaker
from lusscore.scoring.scored import ClipPrediction, ExamClip, ScoredClip, ScoredExam, ScoredZone
from lusscore.scoring.scorer import LoadedModel
from lusscore.scoring.zones_from.clip import ZoneGuess, guess_zone
from lusscore.scoring.zones_from.dicom import DicomTexts, read_texts
from lusscore.scoring.zones_from.scheme import accept_numbers, counts_beyond_blue, fitting_protocol

__all__ = [
    "ClipPrediction",
    "DicomTexts",
    "ExamClip",
    "ExamRecord",
    "FoundClip",
    "LoadedModel",
    "PictureTaker",
    "ScoredClip",
    "ScoredExam",
    "ScoredZone",
    "ZoneGuess",
    "accept_numbers",
    "assemble_exam",
    "centred",
    "counts_beyond_blue",
    "exam_csv",
    "exam_folder_name",
    "exam_json",
    "find_exam",
    "fitting_protocol",
    "guess_zone",
    "notes_on_patients",
    "prepare_folder",
    "read_exam_json",
    "read_texts",
    "zones_csv",
]
