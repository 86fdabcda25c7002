"""One device or group per patient, so that folds can leave it out whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lusscore.evaluation.dataset import Dataset


@dataclass(frozen=True)
class OneValue:
    """Frames of which each patient's are of one device or group.

    Attributes
    ----------
    dataset
        The frames kept.
    values
        Patient → that device or group; empty where any of the patient's is not known.
    notes
        What was left out, as sentences.
    """

    dataset: Dataset
    values: Mapping[str, str]
    notes: tuple[str, ...]


def keep_one_value(dataset: Dataset, by: str) -> OneValue:
    """Keep of each patient the frames of one device or group, that of the most frames.

    A patient examined with two devices cannot be held out with both: tested in the fold of one,
    the patient's frames of the other would be there neither to train on, because of the patient,
    nor to test on, because heads of that fold have seen that device on others. They are left out
    everywhere, so that neither a patient nor a device is ever on both sides.

    Parameters
    ----------
    dataset
        Labelled frames.
    by
        ``"device"`` or ``"group"``.

    Returns
    -------
    OneValue
        Of equally frequent values the first by name is kept.
    """
    frames = dataset.frames
    counts = frames.groupby(["patient", by]).size().rename("frames").reset_index()
    # first by name among the most frequent: sorting is stable
    counts = counts.sort_values([by]).sort_values("frames", ascending=False, kind="stable")
    first = counts.drop_duplicates("patient")
    values: dict[str, str] = dict(zip(first["patient"], first[by], strict=True))
    unknown = counts.loc[counts[by] == "", "patient"]
    if len(unknown):
        return OneValue(dataset, {**values, **dict.fromkeys(unknown, "")}, ())
    kept = (frames[by] == frames["patient"].map(values)).to_numpy(np.bool_)
    if kept.all():
        return OneValue(dataset, values, ())
    several = frames.loc[~kept, "patient"].nunique()
    was, count = ("was", "counts") if several == 1 else ("were", "count")
    note = (
        f"{several} of {len(values)} patients {was} examined with more than one {by} and {count} "
        f"with that of most of the frames; {int((~kept).sum())} frames of another are neither "
        f"trained nor tested on, so that no patient and no {by} is on both sides."
    )
    return OneValue(dataset.only(kept), values, (note,))
