"""What is chosen is chosen by the training split: planted leaks give nothing."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from dataset_maker import BACKBONE, make_labelled
from lusscore.cohort import Split, split_into_folds
from lusscore.evaluation.aggregation import score_at
from lusscore.evaluation.crossval import CrossValidation, cross_validate
from lusscore.evaluation.dataset import Dataset
from lusscore.evaluation.feature_sets import FeatureSet
from lusscore.evaluation.levels import measure_level
from lusscore.evaluation.models import HeadChoice
from lusscore.evaluation.resampling import draw_patients
from lusscore.evaluation.selection.grids import list_candidates
from lusscore.evaluation.selection.nested import Selection, select_and_train

STRENGTHS = (1e-6, 1e-3, 1.0)


def choosing(*ways: str, **options: object) -> Selection:
    candidates = list_candidates(
        [(FeatureSet(BACKBONE),)],
        [HeadChoice("logistic"), HeadChoice("ordinal")],
        {"logistic": {"C": STRENGTHS}, "ordinal": {"C": STRENGTHS}},
        clip_labels=True,
        seed=0,
    )
    return Selection(candidates, ways or ("best",), **options)


def sides_of(dataset: Dataset) -> tuple[Split, ...]:
    return split_into_folds(dataset.frames, 3)


def run(dataset: Dataset, selection: Selection, jobs: int = 1) -> CrossValidation:
    settings = {"C": 1e-6}
    return cross_validate(
        dataset,
        sides_of(dataset),
        HeadChoice("logistic", settings),
        selection=selection,
        jobs=jobs,
    )


@pytest.mark.slow
def test_features_that_show_nothing_are_never_chosen() -> None:
    dataset = make_labelled(18, zones=4, noise=1.0).dataset
    file = dataset.features[BACKBONE]
    noise = np.random.default_rng(0).normal(size=file.embeddings.shape).astype(np.float32)
    dataset = replace(dataset, features={BACKBONE: replace(file, levels={"16.mean": noise})})
    candidates = list_candidates(
        [(FeatureSet(BACKBONE, ("16.mean",)),), (FeatureSet(BACKBONE),)],
        [HeadChoice("logistic"), HeadChoice("ordinal")],
        {},
        clip_labels=True,
        seed=0,
    )
    found = run(dataset, Selection(candidates, ("best", "average")))
    assert found.selected == ("selected/best", "selected/average")
    assert found.selection is not None
    assert not found.selection["candidate"].str.contains("16.mean").any()
    clips = score_at(found.predictions, "clip")
    right = (clips["truth"] == clips["prediction"]).groupby(clips["model"]).mean()
    assert right["selected/best"] > 0.9
    assert right["selected/average"] > 0.9


def test_selection_among_many_on_noise_stays_at_chance() -> None:
    """Selecting on the fold that is reported would lift noise above its band; this must not."""
    labelled = make_labelled(24, zones=4, noise=1.0)
    dataset = labelled.dataset
    rng = np.random.default_rng(3)
    file = dataset.features[BACKBONE]
    noise = rng.normal(size=file.embeddings.shape).astype(np.float32)
    dataset = replace(dataset, features={BACKBONE: replace(file, embeddings=noise)})
    found = run(dataset, choosing("best"))
    clips = score_at(found.predictions, "clip")
    patients = sorted(dataset.frames["patient"].unique())
    draws = draw_patients(len(patients), 400, 0)
    measured = measure_level(clips, ["selected/best"], patients, draws)["selected/best"]
    band = measured.chance["quadratic_kappa"]
    assert band is not None
    assert band[0] <= measured.pooled.quadratic_kappa <= band[1]
    assert found.selection is not None
    # inside, the best of many looks better than it is: that number is never reported as a result
    assert found.selection["value"].mean() > measured.pooled.quadratic_kappa


def test_the_fold_that_is_reported_changes_nothing_that_is_chosen() -> None:
    """Labels of the test fold turned round, its embeddings made useless: the choice stays."""
    dataset = make_labelled(18, zones=4, noise=1.5).dataset
    split = sides_of(dataset)[0]
    (honest,) = select_and_train(dataset, split, choosing("best"))
    frames = dataset.frames.copy()
    frames.loc[split.test, "truth"] = 3 - frames.loc[split.test, "truth"]
    file = dataset.features[BACKBONE]
    spoiled = file.embeddings.copy()
    spoiled[dataset.rows[BACKBONE][split.test]] = 0
    planted = replace(
        dataset, frames=frames, features={BACKBONE: replace(file, embeddings=spoiled)}
    )
    (other,) = select_and_train(planted, split, choosing("best"))
    assert other.rows == honest.rows
    labels_alone = replace(dataset, frames=frames)
    (relabelled,) = select_and_train(labels_alone, split, choosing("best"))
    np.testing.assert_array_equal(relabelled.probabilities, honest.probabilities)


@pytest.mark.slow
def test_any_number_of_processes_chooses_and_predicts_the_same() -> None:
    dataset = make_labelled(12, zones=3, noise=1.0).dataset
    one, two = (run(dataset, choosing("best", "average"), jobs) for jobs in (1, 2))
    pd.testing.assert_frame_equal(one.predictions, two.predictions)
    pd.testing.assert_frame_equal(one.selection, two.selection)


@pytest.mark.parametrize("level", [True, False])
def test_a_chosen_rule_is_recorded_where_clips_have_the_labels(level: bool) -> None:
    dataset = make_labelled(12, zones=3).dataset
    split = sides_of(dataset)[0]
    (found,) = select_and_train(dataset, split, choosing("best", clip_labels=level))
    rules = {row[6] for row in found.rows}
    assert rules == {"majority" if level else ""}
    assert found.probabilities.shape == (len(split.test), 4)
    np.testing.assert_allclose(found.probabilities.sum(1), 1)
