"""Writing a whole phantom cohort."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lusscore.cohort.card import CARD_NAME, Card, Cohort, read_card, write_cohort
from lusscore.cohort.phantom.patients import PROTOCOL, Patient, PhantomSettings, draw_patient
from lusscore.cohort.phantom.render import render_clip, write_video
from lusscore.cohort.segments import Segment
from lusscore.errors import CohortError
from lusscore.files import folder_written_whole

_DESCRIPTION = (
    "Synthetic lung ultrasound: every clip was computed and no patient was ever scanned. "
    "It is made to run and test the software; no result on it says anything about patients."
)


def write_phantom(
    folder: Path,
    settings: PhantomSettings,
    *,
    jobs: int = -1,
    overwrite: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Cohort:
    """Render a phantom cohort into `folder`, which stays as it was until all is complete.

    Parameters
    ----------
    folder
        The cohort's folder.
    settings
        What to render. The same settings give the same clips whatever `jobs` is.
    jobs
        Processes to use; -1 for one per processor.
    overwrite
        Whether a phantom that is already there may be replaced. Anything else never is.
    progress
        Called with the number of clips done and the number of all clips.

    Raises
    ------
    CohortError
        If `jobs` is not allowed, or `folder` holds what must stay.
    WriteError
        If `folder` cannot be written.
    """
    from joblib import Parallel, delayed

    if jobs != -1 and jobs < 1:
        raise CohortError(
            f"jobs = {jobs} is not allowed for a phantom; expected a number of processes from 1 "
            "or -1 for one per processor."
        )
    _check_target(folder, overwrite)
    patients = [draw_patient(settings, number + 1) for number in range(settings.patients)]
    clips = [
        (patient, zone, score, f"clips/{patient.name}/{zone}.mp4")
        for patient in patients
        for zone, score in patient.scores.items()
    ]
    with folder_written_whole(folder) as fresh:
        # workers that an earlier call left waiting have the working directory of that time
        place = fresh.absolute()
        tasks = [
            delayed(_write_clip)(settings, place / clip, patient.number, zone, score)
            for patient, zone, score, clip in clips
        ]
        finished = Parallel(n_jobs=jobs, return_as="generator_unordered")(tasks)
        for done, _ in enumerate(finished, start=1):
            if progress is not None:
                progress(done, len(clips))
        segments = [_segment(*clip) for clip in clips]
        cohort = write_cohort(fresh, _card(settings), segments)
    return Cohort(folder, cohort.card, cohort.segments)


def _check_target(folder: Path, overwrite: bool) -> None:
    """Refuse to write over anything but an empty folder and, with `overwrite`, a phantom."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (folder / CARD_NAME).is_file():
        what, advice = "it is already there and is not a cohort", "choose a new or an empty folder"
    elif not read_card(folder / CARD_NAME).synthetic:
        what, advice = "it is a cohort of patients and is never overwritten", "choose another name"
    elif overwrite:
        return
    else:
        what, advice = (
            "there is a synthetic cohort already",
            "add --overwrite or choose another name",
        )
    raise CohortError(what, advice=advice, path=folder)


def _card(settings: PhantomSettings) -> Card:
    return Card(
        name=settings.name,
        protocol=PROTOCOL,
        rubric="lung-ultrasound-score",
        licence="CC0-1.0",
        source=f"lusscore phantom --seed {settings.seed}",
        description=_DESCRIPTION,
        label_level="frame",
        synthetic=True,
        extraction=settings.extraction,
    )


def _segment(patient: Patient, zone: str, score: int, clip: str) -> Segment:
    return Segment(
        clip=clip,
        patient=patient.name,
        exam="1",
        zone=zone,
        score=score,
        group="covid" if patient.covid else "healthy",
        device=patient.probe.name,
        rater="phantom",
    )


def _write_clip(settings: PhantomSettings, path: Path, patient: int, zone: str, score: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_video(path, render_clip(settings, patient, zone, score))
