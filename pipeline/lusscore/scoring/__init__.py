"""From an exam's clips to scores, the evidence for them and warnings about them."""

from lusscore.scoring.documents import (
    ExamRecord,
    exam_csv,
    exam_folder_name,
    exam_json,
    prepare_folder,
    read_exam_json,
    zones_csv,
)
from lusscore.scoring.exam import (
    ClipPrediction,
    ExamClip,
    ScoredClip,
    ScoredExam,
    ScoredZone,
    assemble_exam,
)
from lusscore.scoring.exam_files import FoundClip
from lusscore.scoring.exam_input import find_exam, notes_on_patients
from lusscore.scoring.model import LoadedModel
from lusscore.scoring.pictures import PictureTaker
from lusscore.scoring.saliency import centred
from lusscore.scoring.zones import (
    DicomTexts,
    ZoneGuess,
    accept_numbers,
    counts_beyond_blue,
    fitting_protocol,
    guess_zone,
    read_texts,
)

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
