"""From a cohort and its cross-validation to a bundle."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lusscore import __version__
from lusscore.backbones import (
    DEFAULT_PRECISION,
    BackboneSpec,
    graph_bytes,
    load_weights,
    with_levels,
)
from lusscore.cohort import Cohort, Split
from lusscore.errors import BundleError
from lusscore.evaluation import (
    LabelledCohort,
    LabelledFrames,
    Model,
    Rule,
    choose_inside,
    fit_on,
    load_cohort,
    recorded_model,
    recorded_selection,
    selected_name,
)
from lusscore.features import find_weights
from lusscore.models.bundle import Bundle, Network, TrainedHead
from lusscore.models.calibration import (
    COVERAGE,
    HeldOutClips,
    calibrate,
    measure_selective,
)
from lusscore.models.card import make_card
from lusscore.models.ood import clip_vectors, fit_ood
from lusscore.models.recorded_run import RecordedRun, check_same_data

Progress = Callable[[int, int], None]


def _no_progress(done: int, total: int) -> None:
    pass


def train_bundle(
    cohort: Cohort,
    specs: Mapping[str, BackboneSpec],
    features_dir: Path,
    run: RecordedRun,
    *,
    name: str = "",
    coverage: float = COVERAGE,
    weights_dir: Path | None = None,
    cache: Path | None = None,
    jobs: int = 1,
    progress: Progress = _no_progress,
) -> Bundle:
    """Train a run's model on all labelled patients, and calibrate it on those held out.

    `specs` are backbones by name, at least those of the model, and `run` says which model. The
    bundle is named after the cohort by default. `coverage` is the share of held-out clips that
    need no review, `cache` a folder of converted networks, and `jobs` the processes where something
    is chosen; `progress` is called with (heads trained, heads in all).

    Raises
    ------
    RunError
        If the run is of other data.
    BundleError
        If the network that goes into the bundle would give other embeddings.
    """
    labelled = load_cohort(cohort, list(specs.values()), features_dir, weights_dir)
    check_same_data(run, labelled, tuple(specs))
    dataset = labelled.dataset
    fitted = fit_members(dataset, run, jobs=jobs, progress=progress)
    seen = (one.backbone for member in fitted.members for one in member.features)
    used = tuple(dict.fromkeys(seen))
    held_out = HeldOutClips.of(run.predictions, fitted.clip_rule)
    calibration = calibrate(held_out, coverage)
    selective = measure_selective(held_out, coverage)
    card, extraction = cohort.card, cohort.card.extraction
    networks = {}
    for backbone in used:
        spec = with_levels(specs[backbone], extraction.levels)
        networks[backbone] = _network(spec, labelled, features_dir, weights_dir, cache)
    return Bundle(
        id=uuid.uuid4().hex,
        name=name or cohort.name,
        created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        lusscore=__version__,
        protocol=card.protocol,
        rubric=card.rubric,
        label_level=card.label_level,
        synthetic=card.synthetic,
        extraction=extraction,
        networks=networks,
        members=fitted.members,
        # one scaling after another is one by their product
        temperature=fitted.temperature * calibration.temperature,
        clip_rule=fitted.clip_rule,
        zone_rule=run.zone_rule,
        least_confidence=calibration.least_confidence,
        coverage=calibration.coverage,
        ood=fit_ood(*clip_vectors(dataset, used)),
        card=make_card(run, fitted.members, fitted.clip_rule, calibration, selective),
    )


def _network(
    spec: BackboneSpec,
    labelled: LabelledCohort,
    features_dir: Path,
    weights_dir: Path | None,
    cache: Path | None,
) -> Network:
    """Take the network along, if it is the one that made the embeddings."""
    file = labelled.dataset.features[spec.name]
    weights = find_weights(spec, features_dir, weights_dir, file) or load_weights(spec, weights_dir)
    if file.recipe["weights"] != weights.digest:
        raise BundleError(
            f"it was computed with other weights of {spec.name} than those at hand",
            path=file.path,
            advice="give the folder of the right ones with --weights-dir, or run 'lusscore "
            "features' again",
        )
    precision = file.recipe["precision"]
    if precision != DEFAULT_PRECISION:
        raise BundleError(
            f"it was computed in {precision}, while exams are scored in {DEFAULT_PRECISION}",
            path=file.path,
            advice="compute the embeddings again without --precision",
        )
    graph, graph_weights = graph_bytes(spec, weights, cache)
    return Network(spec, weights.digest, graph, graph_weights)


class FittedMembers(NamedTuple):
    """Heads trained on all labelled frames, and how their predictions become one."""

    members: tuple[TrainedHead, ...]
    temperature: float
    clip_rule: Rule


def fit_members(
    dataset: LabelledFrames, run: RecordedRun, *, jobs: int = 1, progress: Progress = _no_progress
) -> FittedMembers:
    """Train the run's model on all patients: the very procedure that the run has measured.

    A model that the run chose anew in each fold is chosen once more, by folds of all patients.
    """
    if not run.is_selected:
        model = recorded_model(run.config, run.model)
        models = model.members() if model.is_mean else (model,)
        members = []
        for one in models:
            members.append(_fit(dataset, one))
            progress(len(members), len(models))
        return FittedMembers(tuple(members), 1.0, run.clip_rule)
    selection = recorded_selection(run.config)
    strategy = next(each for each in selection.strategies if selected_name(each) == run.model)
    frames = np.arange(len(dataset.frames))
    everyone = Split(1, 1, frames, frames[:0], name="On all patients")
    total, done = len(selection.candidates) * selection.folds, 0

    def count(heads: int) -> None:
        nonlocal done
        done += heads
        progress(done, total)

    choices, _ = choose_inside(dataset, everyone, selection, jobs=jobs, progress=count)
    choice = choices[strategy]
    chosen = tuple(
        _fit(dataset, selection.candidates[number], own.value)
        for number, own in zip(choice.candidates, choice.temperatures, strict=True)
    )
    rule = choice.rule if selection.clip_labels else run.clip_rule
    return FittedMembers(chosen, choice.temperature.value, rule)


def _fit(dataset: LabelledFrames, model: Model, temperature: float = 1.0) -> TrainedHead:
    head = fit_on(dataset, model.features, model.head)
    name, settings = model.head.name, dict(model.head.settings)
    return TrainedHead(model.features, name, settings, head, temperature)
