"""Guards: what must hold of frames, splits and cohorts before anything is trained.

No patient and no recording is trained and tested on, whoever made the split; each training part
has the scores that it must have; cohorts that are set against each other are comparable.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lusscore.cohort import Split
from lusscore.errors import CohortError, FoldError
from lusscore.evaluation.predictions import SCORES
from lusscore.features import differences
from lusscore.wording import are, listed, plural, some

if TYPE_CHECKING:
    from lusscore.evaluation.dataset import LabelledCohort

# What may be otherwise in two cohorts: which frames are seen, and in how many variants.
_MAY_DIFFER = ("frames", "repeated", "variants", "augmentation", "dtype", "precision")
_ROUNDING = {"dtype": "stored as", "precision": "computed in"}


def check_owners(frames: pd.DataFrame) -> None:
    """Refuse one recording, recognised by its bytes, that is given to two patients."""
    owners = frames.groupby("digest")["patient"].nunique()
    shared = owners[owners > 1].index
    if len(shared):
        twice = frames[frames["digest"] == shared[0]].drop_duplicates(["clip", "patient"])
        named = ", ".join(f"{row.clip} ({row.patient})" for row in twice.itertuples())
        raise CohortError(
            f"{len(shared)} recordings are given to more than one patient, the first as {named}; "
            "a model would be tested on recordings that it was trained on",
            advice="correct the manifest",
        )


def check_apart(frames: pd.DataFrame, splits: Iterable[Split]) -> None:
    """Raise :class:`FoldError` where a split trains and tests on one patient or recording.

    `splits` are rows of `frames`, labelled frames with the columns ``patient`` and ``digest``.
    """
    for what, column in (("patient", "patient"), ("recording", "digest")):
        codes, names = pd.factorize(frames[column])
        for split in splits:
            shared = np.intersect1d(codes[split.train], codes[split.test])
            if len(shared):
                raise FoldError(
                    f"{split.where}, {what} {min(names[shared])!r} is both trained and tested on",
                    advice="make new folds, and correct the manifest if a recording stands there "
                    "for two patients",
                )


def check_learnable(frames: pd.DataFrame, splits: Sequence[Split]) -> list[str]:
    """Refuse splits that cannot be learned from; return notes on what they cannot show.

    Folds that could be made otherwise must teach every score that there is. Where a split is given,
    by a device, a group or another cohort, a score that nobody trained on has is never predicted:
    that speaks against the model, never for it, and is noted.

    Raises
    ------
    FoldError
        If a training part lacks a score that it must have.
    """
    used = used_rows(len(frames), splits)
    truth = frames["truth"].to_numpy()
    present = set(truth[used].tolist())
    if len(present) < 2:
        raise FoldError(
            f"all labelled frames have score {min(present)}; a model needs at least two scores to "
            "distinguish",
            advice="label more clips",
        )
    notes = [] if used.all() else [_unused(frames, used, splits[0])]
    if absent := sorted(set(SCORES) - present):
        notes.append(f"No labelled frame has score {_scores(absent, 'or')}.")
    return notes + [note for split in splits for note in _check_scores(truth, split, present)]


def used_rows(count: int, splits: Sequence[Split]) -> NDArray[np.bool_]:
    """Say which of `count` rows are in any split, bool of shape (count,)."""
    used = np.zeros(count, np.bool_)
    for split in splits:
        used[split.train] = used[split.test] = True
    return used


def _unused(frames: pd.DataFrame, used: NDArray[np.bool_], split: Split) -> str:
    by = split.left_out.partition(": ")[0]
    several = frames["patient"][~used].nunique()
    was, count = ("was", "counts") if several == 1 else ("were", "count")
    return (
        f"{several} of {frames['patient'].nunique()} patients {was} examined with more than one "
        f"{by} and {count} with that of most of the frames; {(~used).sum()} frames of another are "
        f"neither trained nor tested on, so that no patient and no {by} is both."
    )


def _check_scores(truth: NDArray[np.int64], split: Split, present: set[int]) -> Iterator[str]:
    learned, tested = set(truth[split.train].tolist()), set(truth[split.test].tolist())
    unlearned, untested = sorted(present - learned), sorted(present - tested)
    if unlearned and not split.given:
        raise FoldError(
            f"{split.where}, no patient left for training has score {_scores(unlearned)}, so it "
            "cannot be learned",
            advice="ask for other folds (--folds, --seed) or label more patients with that score",
        )
    if len(learned) < 2:
        raise FoldError(
            f"{split.where}, all frames to train on have score {min(learned)}, so there is "
            "nothing to learn",
            advice="train on patients with at least two scores, or split them another way, as "
            "--folds does",
        )
    if unlearned:
        count = np.isin(truth[split.test], unlearned).sum()
        they, them = ("it is", "it") if len(unlearned) == 1 else ("they are", "them")
        yield (
            f"{split.where}, nobody trained on has score {_scores(unlearned)}, so {they} never "
            f"predicted; the {count} held-out frames that have {them} count as wrong."
        )
    if untested:
        those = "that score" if len(untested) == 1 else "those scores"
        yield (
            f"{split.where}, no held-out frame has score {_scores(untested, 'or')}; metrics of "
            f"{those} are not defined there."
        )


def _scores(scores: Sequence[int], joint: str = "and") -> str:
    return listed([str(score) for score in scores], joint)


def check_comparable(training: Sequence[LabelledCohort], tested: LabelledCohort) -> None:
    """Refuse cohorts that cannot be compared.

    Raises
    ------
    CohortError
        If a cohort is named twice; if network, weights, sector, contrast or anything else that
        embeddings depend on differs, other than which frames are used; if cohorts trained on
        together have other numbers of variants; if two cohorts share a recording, recognised
        by its bytes.
    """
    everyone = (*training, tested)
    name, times = Counter(one.cohort.name for one in everyone).most_common(1)[0]
    if times > 1:
        raise CohortError(
            f"cohort {name} is named {times} times; expected every cohort once, and the one tested "
            "on not among those trained on",
            advice=f"cross-validate a single one with 'lusscore cv {name}'",
        )
    together = [part for part in _MAY_DIFFER if part != "variants"]
    for backbone in tested.dataset.backbones:
        for other in training:
            _check_same_settings(backbone, other, tested, _MAY_DIFFER)
            _check_same_settings(backbone, other, training[0], together)
    for one, other in combinations(everyone, 2):
        _check_no_shared_recording(one, other)


def _check_same_settings(
    backbone: str, one: LabelledCohort, other: LabelledCohort, allowed: Sequence[str]
) -> None:
    first, second = (
        {key: value for key, value in _settings(own, backbone).items() if key not in allowed}
        for own in (one, other)
    )
    if wrong := differences(first, second):
        found = "; ".join(wrong).replace(", needed ", f" in {one.cohort.name} and ")
        raise CohortError(
            f"embeddings of {backbone} were made in different ways in cohorts {one.cohort.name} "
            f"and {other.cohort.name}: {found} in {other.cohort.name}",
            advice="give both cards the same [extraction] table and run 'lusscore features "
            f"{one.cohort.name} --backbone {backbone}' with the same weights",
        )


def _check_no_shared_recording(one: LabelledCohort, other: LabelledCohort) -> None:
    first, second = (
        labelled.dataset.frames.drop_duplicates("digest").set_index("digest")["clip"]
        for labelled in (one, other)
    )
    shared = [digest for digest in first.index if digest in second.index]
    if shared:
        named = some([f"{first[digest]} = {second[digest]}" for digest in shared], 3)
        raise CohortError(
            f"cohorts {one.cohort.name} and {other.cohort.name} share "
            f"{plural(len(shared), 'recording')}, byte for byte: {named}; a model cannot be tested "
            "on what it was trained on, nor may a recording count twice",
            advice="remove those patients from one of the two manifests",
        )


def notes_on(training: Sequence[LabelledCohort], tested: LabelledCohort) -> tuple[str, ...]:
    """Say what sets the cohorts apart, other than their patients, and what could not be checked."""
    return tuple(note for other in training for note in _notes(other, tested))


def _notes(training: LabelledCohort, tested: LabelledCohort) -> Iterator[str]:
    theirs, mine = training.cohort.card, tested.cohort.card
    if theirs.rubric != mine.rubric:
        yield (
            f"Scores were given by another scoring system in {theirs.name} ({theirs.rubric}) than "
            f"in {mine.name} ({mine.rubric}); what differs between them counts as error."
        )
    if theirs.label_level != mine.label_level:
        yield (
            f"Scores were given per {theirs.label_level} in {theirs.name} and per "
            f"{mine.label_level} in {mine.name}."
        )
    if theirs.protocol != mine.protocol:
        yield (
            f"{theirs.name} was examined by protocol {theirs.protocol}, {mine.name} by "
            f"{mine.protocol}; zones and the global score are those of {mine.protocol}."
        )
    for backbone in tested.dataset.backbones:
        for part, how in _ROUNDING.items():
            there, here = (_settings(one, backbone).get(part) for one in (training, tested))
            if there != here:
                yield (
                    f"Embeddings of {backbone} were {how} {there} in {theirs.name} and {here} in "
                    f"{mine.name}, which changes them a little."
                )
    # a name that both cohorts use proves neither one patient nor two
    names = [set(one.dataset.frames["patient"]) for one in (training, tested)]
    if shared := sorted(names[0] & names[1]):
        first = "the first" if len(shared) > 1 else "namely"
        yield (
            f"{plural(len(shared), 'patient name')} of {mine.name}, {first} {shared[0]!r}, "
            f"{are(len(shared))} also in {theirs.name}. Patients of different cohorts are taken "
            "for different people; were they the same, the test would not be external."
        )
    if skipped := len(training.dataset.skipped):
        clips = plural(skipped, "labelled clip")
        yield f"{clips} of {theirs.name} could not be used for training."


def _settings(labelled: LabelledCohort, backbone: str) -> dict[str, Any]:
    file = labelled.dataset.features[backbone]
    return {**file.recipe, **file.selection}
