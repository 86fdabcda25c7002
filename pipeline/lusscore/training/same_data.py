"""Whether a run was made from the very labels and embeddings that a scorer is to be trained on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from lusscore.cohort import MANIFEST_NAME
from lusscore.errors import RunError
from lusscore.evaluation import LabelledCohort
from lusscore.training.recorded_run import RecordedRun

_OF_CARD = ("protocol", "rubric", "label_level", "synthetic")
_FRAME = ["clip", "frame", "truth"]


def check_same_data(run: RecordedRun, labelled: LabelledCohort, backbones: Sequence[str]) -> None:
    """Refuse a run of other labels or embeddings than those to train on.

    What is reported of a bundle would else be of another scorer.

    Raises
    ------
    RunError
        If the run is of another cohort, card, manifest, feature file, or of other frames or clips.
    """
    cohort = labelled.cohort
    recorded = run.config.cohort
    again = "Run 'lusscore cv' again, or leave out --from-run."
    if recorded.name != cohort.name:
        raise RunError(
            f"{run.folder} is a run of cohort {recorded.name}, not of {cohort.name}. {again}"
        )
    for key in _OF_CARD:
        if getattr(recorded, key) != getattr(cohort.card, key):
            raise RunError(
                f"The card of cohort {cohort.name} has another {key} than when {run.folder} was "
                f"made ({getattr(recorded, key)}). {again}"
            )
    manifest = hashlib.sha256((cohort.folder / MANIFEST_NAME).read_bytes()).hexdigest()
    if recorded.manifest_digest != manifest:
        raise RunError(
            f"The manifest of cohort {cohort.name} has changed since {run.folder} was made. {again}"
        )
    prints = {one.name: one.fingerprint for one in run.config.backbones}
    for backbone in backbones:
        file = labelled.dataset.features[backbone]
        if prints.get(backbone) != file.settings_digest:
            raise RunError(
                f"{run.folder} was made from other embeddings than those in {file.path}. {again}"
            )
    _check_frames(run, labelled, again)
    if recorded.media_digest != labelled.dataset.media_digest:
        raise RunError(
            f"{run.folder} was made from clips of other content than cohort {cohort.name} has "
            f"under the same names now. {again}"
        )


def _check_frames(run: RecordedRun, labelled: LabelledCohort, again: str) -> None:
    """Refuse other frames: clips that could not be read then, and can be now, or the reverse."""
    here = labelled.dataset.frames[_FRAME].drop_duplicates()
    there = run.predictions[_FRAME].drop_duplicates()
    both = here.merge(there, on=_FRAME)
    # where a device is left out, frames of a patient's other devices are not tested
    some_untested = bool(run.config.cross_validation.leave_out)
    if len(both) < len(there) or (len(both) < len(here) and not some_untested):
        raise RunError(
            f"{run.folder} was made from {len(there)} labelled frames, of which cohort "
            f"{labelled.cohort.name} now has {len(both)}, and {len(here)} in all. {again}"
        )
