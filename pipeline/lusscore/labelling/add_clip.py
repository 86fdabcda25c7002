"""Adding a clip and its label to a cohort."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from lusscore.clips import digest_clip, has_known_suffix, is_clip, read_facts
from lusscore.cohort import (
    CARD_NAME,
    MANIFEST_NAME,
    OPTIONAL_COLUMNS,
    REQUIRED_COLUMNS,
    Card,
    Cohort,
    ExtractionSettings,
    Segment,
    cohort_name,
    describe_rubric,
    get_protocol,
    read_card,
    read_cohort,
    write_card,
)
from lusscore.errors import ClipError, CohortError, WriteError
from lusscore.files import written_whole
from lusscore.labelling.csv_table import CsvTable
from lusscore.labelling.labels import (
    Recorded,
    check_rater,
    check_score,
    check_words,
    check_zone,
    hold_cohort,
    record_held,
)

CLIPS = "clips"
_DIGITS = 16


@dataclass(frozen=True)
class NewCohort:
    """What a cohort is made with where there is none yet.

    With the settings of stage one of the model whose scores were looked at, its cached embeddings
    can be used.
    """

    protocol: str
    rubric: str = "unknown"
    extraction: ExtractionSettings = field(default_factory=ExtractionSettings)


def add_clip(
    cohort_folder: Path,
    file: Path,
    patient: str,
    exam: str,
    zone: str,
    score: int,
    rater: str,
    device: str = "",
    *,
    new: NewCohort | None = None,
) -> Recorded:
    """Copy a clip into a cohort's folder and add its row to the manifest.

    The copy is called ``clips/<16 digits of its SHA-256><suffix>``: the name that the file had may
    be a person's. What is in the file stays in it; only ``lusscore import --deidentify`` removes
    DICOM headers and burned-in names.

    A recording that the cohort has already, by its bytes, is not added twice: it is
    labelled as :func:`lusscore.labelling.record_label` does, under the exam that it has there.

    Patient, exam and rater are not empty; zone and device are when unknown; the score is 0–3. `new`
    has the settings of a cohort that is made where there is none yet.

    Raises
    ------
    CohortError
        If a text, zone or score is not allowed, the recording is of another patient there, or
        there is no cohort and `new` is None.
    WriteError
        If files cannot be written.
    ClipError
        If the file is no clip or cannot be read.
    """
    check_score(score)
    rater = check_rater(rater)
    patient, exam = check_words("patient", patient), check_words("exam", exam)
    device = check_words("device", device, needed=False)
    suffix = _suffix(file)
    digest = digest_clip(file)
    check_zone(zone, get_protocol(_card(cohort_folder, new).protocol))  # before anything is made
    try:
        cohort_folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError(cohort_folder, error) from None
    with hold_cohort(cohort_folder):
        card = _card(cohort_folder, new)  # another process may have made it meanwhile
        check_zone(zone, get_protocol(card.protocol))
        if not (cohort_folder / CARD_NAME).exists():
            write_card(cohort_folder / CARD_NAME, card)
        manifest = cohort_folder / MANIFEST_NAME
        group = ""
        # there is none yet where a process was killed while it made the cohort
        if manifest.exists():
            cohort = read_cohort(cohort_folder, check_files=False)
            there = _same_recording(cohort, file, digest)
            if there is not None:
                if there.patient != patient:
                    raise CohortError(
                        f"Cohort {cohort.name} has this very recording of another patient; correct "
                        "whose it is, there or here, before it is saved."
                    )
                return record_held(cohort_folder, there.clip, score, rater, zone)
            # a patient has one group
            group = next((one.group for one in cohort.segments if one.patient == patient), "")
        name = f"{CLIPS}/{digest[:_DIGITS]}{suffix}"
        with file.open("rb") as source, written_whole(cohort_folder / name) as copy:
            shutil.copyfileobj(source, copy)
        row = {"clip": name, "patient": patient, "exam": exam, "zone": zone, "score": str(score)}
        row |= {"group": group, "device": device, "rater": rater}
        table = CsvTable(manifest, REQUIRED_COLUMNS + OPTIONAL_COLUMNS)
        table.rows.append(row)
        table.write()
    return Recorded(name, "label", score, rater)


def _suffix(file: Path) -> str:
    """Return the suffix for a copy; DICOM files often have none, or one of their own."""
    if file.is_dir():
        raise ClipError(
            "it is a folder", advice="give one file, or bring it in with import", path=file
        )
    if not is_clip(file):
        raise ClipError(
            "the file is no clip; expected a video, a DICOM file or an image", path=file
        )
    read_facts(file)  # refuses what only has the name of a clip
    return file.suffix.lower() if has_known_suffix(file) else ".dcm"


def _card(folder: Path, new: NewCohort | None) -> Card:
    """Return the cohort's card, or the one that it is to have."""
    if new is None or any((folder / name).exists() for name in (CARD_NAME, MANIFEST_NAME)):
        return read_card(folder / CARD_NAME)
    name = folder.resolve().name
    if cohort_name(name) != name:
        raise CohortError(
            f"A cohort cannot be called {name!r}; expected letters, digits, '.', '-' and '_', "
            "beginning with a letter or digit."
        )
    get_protocol(new.protocol)
    describe_rubric(new.rubric)
    return Card(
        name=name,
        protocol=new.protocol,
        rubric=new.rubric,
        source="clips saved with their labels in lusscore",
        label_level="clip",
        extraction=new.extraction,
    )


def _same_recording(cohort: Cohort, file: Path, digest: str) -> Segment | None:
    """Find a segment of the clip with the same bytes; only clips of its size are read."""
    size = file.stat().st_size
    for segment in {one.clip: one for one in cohort.segments}.values():
        path = cohort.clip_path(segment.clip)
        if path.is_file() and path.stat().st_size == size and digest_clip(path) == digest:
            return segment
    return None
