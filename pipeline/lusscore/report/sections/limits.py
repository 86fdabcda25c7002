"""What a report does not say."""

from __future__ import annotations

from lusscore.report.run_files import RunFiles
from lusscore.report.sections.zones import zones
from lusscore.wording import listed


def limits(run: RunFiles) -> tuple[str, ...]:
    """List what a reader must not conclude, the weightiest first."""
    cohort = run.config.cohort
    found = []
    if cohort.synthetic:
        found.append(
            "Nothing about patients: the images and scores are simulated. Such a run only shows "
            "that the software works."
        )
    found += [
        _elsewhere(run),
        "Nothing about clinical use: no decision, outcome or treatment was studied. lusscore is "
        "research software and not a medical device.",
    ]
    if cohort.label_level != "frame":
        found.append(
            f"Nothing certain about single frames: scores were given per {cohort.label_level} "
            "and every frame carries the score of its whole, whether or not it shows the finding."
        )
    found += [
        "Nothing about how far experts agree: the truth is the score on record, right or wrong, "
        "and no model can be shown to be better than its labels.",
        "Little about training by itself: the intervals resample patients for heads already "
        "trained; heads trained on other patients would differ by more.",
        *_several(run),
        "Little about the frames as such: neighbouring frames are near copies, so thousands of "
        "frames hold the information of as many patients as there are.",
        _zones(run),
        "Little about probabilities elsewhere: calibration is measured on this cohort, with its "
        "share of each score and its devices; where those differ a probability of 0.8 need not "
        "mean 8 in 10.",
    ]
    return tuple(found)


def _elsewhere(run: RunFiles) -> str:
    cohort = run.config.cohort.name
    if others := [other.name for other in run.config.trained_on]:
        return (
            "Little about other hospitals, scanners, presets or examiners: this is external "
            f"validation, trained on {listed(others)}, tested on {cohort}, and one cohort tested "
            "on is one example of elsewhere. That no patient is in both was checked by the bytes "
            "of their recordings alone."
        )
    by = run.config.cross_validation.leave_out
    if by == "device":
        return (
            "Nothing about other hospitals, presets or examiners, and little about other scanners: "
            f"each of {run.config.cross_validation.folds} devices was left out in turn, but "
            "all are of one cohort, and where devices were used on other patients the two cannot "
            "be told apart."
        )
    return (
        "Nothing about other hospitals, scanners, presets or examiners: every number is an "
        "internal cross-validation on one cohort."
    )


def _several(run: RunFiles) -> tuple[str, ...]:
    if len(run.models) == 1:
        return ()
    return (
        f"Little about the highest of {len(run.models)} models: whichever is highest in a column "
        "was picked by the number shown and looks better than it is; a fair number of it needs "
        "patients on whom nothing was picked.",
    )


def _zones(run: RunFiles) -> str:
    shown = zones(run)
    if not shown.known:
        return (
            "Nothing about zones or exams: no clip has a zone on record, so none could be scored."
        )
    unknown = f" {shown.left_out}" if shown.left_out else ""
    return (
        "Nothing about zones that were not examined or could not be read: they are left out of "
        f"global scores, never filled in.{unknown}"
    )
