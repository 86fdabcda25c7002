from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_maker import BACKBONE, make_labelled
from lusscore.cohort import split_into_folds
from lusscore.evaluation.aggregation import score_at
from lusscore.evaluation.crossval import (
    CRITERIA,
    choose,
    cross_validate,
    select_and_train,
)
from lusscore.evaluation.levels import measure_level
from lusscore.evaluation.metrics import draw_patients
from lusscore.evaluation.models import FeatureSet, HeadChoice, Selection, list_candidates
from lusscore.evaluation.rules import MAJORITY, STANDARD_RULES, Rule


def sure(scores, share=0.7):
    """Probabilities that favour these scores."""
    rest = (1 - share) / 3
    return np.where(scores[:, None] == np.arange(4), share, rest)


def best(truth, answers, clips=True, average=1):
    """Choose by kappa; with clips, three frames after each other are one."""
    clip = np.arange(len(truth)) // 3 if clips else None
    return choose(truth, clip, answers, STANDARD_RULES, CRITERIA["quadratic_kappa"], average)


def test_the_candidate_that_is_right_is_chosen_wherever_it_stands():
    truth = np.repeat([0, 1, 2, 3, 1, 2], 3)
    right, wrong = sure(truth), sure((truth + 1) % 4)
    for place in (0, 1, 2):
        answers = {number: right if number == place else wrong for number in range(3)}
        assert best(truth, answers).candidates == (place,)


def test_of_equal_candidates_and_rules_the_first_is_chosen():
    truth = np.repeat([0, 1, 2, 3], 3)
    found = best(truth, dict.fromkeys(range(3), sure(truth)))
    assert found.candidates == (0,)
    assert found.rule == MAJORITY


def test_a_rule_is_chosen_that_scores_better_than_the_majority():
    # one frame in three shows the score of the clip, the others nothing
    truth = np.repeat([0, 1, 2, 3, 2, 3, 0, 1], 3)
    seen = np.where(np.arange(len(truth)) % 3 > 0, 0, truth)
    found = best(truth, {0: sure(seen)})
    assert found.rule == Rule.parse("worst") or found.rule.name.startswith(("highest", "top"))
    assert found.value == pytest.approx(1)


def test_frames_are_scored_by_themselves_where_each_has_a_label():
    truth = np.array([0, 1, 2, 3, 3, 2])
    found = best(truth, {0: sure(truth)}, clips=False)
    assert found.rule == MAJORITY
    assert found.value == pytest.approx(1)


def test_the_best_are_averaged_and_calibrated_together():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, 400)
    answers = {}
    for number, share in enumerate((0.3, 0.9, 0.6)):
        wrong = rng.random(400) > share
        answers[number] = sure(np.where(wrong, rng.integers(0, 4, 400), truth), 0.97)
    found = best(truth, answers, clips=False, average=2)
    assert found.candidates == (1, 2)
    combined = found.combine([answers[1], answers[2]])
    np.testing.assert_allclose(combined.sum(1), 1)
    own = np.arange(400), truth
    alone = found.temperatures[1].apply(answers[2])
    assert -np.log(combined[own]).mean() < -np.log(alone[own]).mean()


@pytest.mark.slow
@given(st.permutations(range(12)))
def test_the_order_of_frames_changes_nothing(order):
    rng = np.random.default_rng(1)
    truth, clip = np.repeat([0, 1, 2, 3], 3), np.repeat(np.arange(4), 3)
    answers = {number: rng.dirichlet(np.ones(4), 12) for number in range(4)}
    moved = {number: each[order] for number, each in answers.items()}
    kappa = CRITERIA["quadratic_kappa"]
    one = choose(truth, clip, answers, STANDARD_RULES, kappa, 1)
    other = choose(truth[order], clip[order], moved, STANDARD_RULES, kappa, 1)
    assert (one.candidates, one.rule) == (other.candidates, other.rule)
    assert one.value == pytest.approx(other.value)


@pytest.mark.parametrize("name", CRITERIA)
def test_more_of_every_criterion_is_better(name):
    truth = np.array([0, 1, 2, 3] * 5)
    good, bad = sure(truth), sure((truth + 2) % 4)
    measure = CRITERIA[name]
    assert measure(truth, truth, good) > measure(truth, (truth + 2) % 4, bad)
    assert measure(truth[truth < 3], truth[truth < 3], good[truth < 3]) <= 1


STRENGTHS = (1e-6, 1e-3, 1.0)


def selecting(*strategies, **options):
    candidates = list_candidates(
        [(FeatureSet(BACKBONE),)],
        [HeadChoice("logistic"), HeadChoice("ordinal")],
        {"logistic": {"C": STRENGTHS}, "ordinal": {"C": STRENGTHS}},
        clip_labels=True,
        seed=0,
    )
    return Selection(candidates, strategies or ("best",), **options)


def splits_of(dataset):
    return split_into_folds(dataset.frames, 3)


def run(dataset, selection, jobs=1):
    settings = {"C": 1e-6}
    return cross_validate(
        dataset,
        splits_of(dataset),
        [HeadChoice("logistic", settings)],
        selection=selection,
        jobs=jobs,
    )


@pytest.mark.slow
def test_features_that_show_nothing_are_never_chosen():
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


def test_selection_among_many_on_noise_stays_at_chance():
    """Selecting on the fold that is reported would lift noise above its band; this must not."""
    labelled = make_labelled(24, zones=4, noise=1.0)
    dataset = labelled.dataset
    rng = np.random.default_rng(3)
    file = dataset.features[BACKBONE]
    noise = rng.normal(size=file.embeddings.shape).astype(np.float32)
    dataset = replace(dataset, features={BACKBONE: replace(file, embeddings=noise)})
    found = run(dataset, selecting("best"))
    clips = score_at(found.predictions, "clip")
    patients = sorted(dataset.frames["patient"].unique())
    draws = draw_patients(len(patients), 400, 0)
    measured = measure_level(clips, ["selected/best"], patients, draws)["selected/best"].record
    band = measured.chance["quadratic_kappa"]
    assert band is not None
    assert band[0] <= measured.pooled.quadratic_kappa <= band[1]
    assert found.selection is not None
    # inside, the best of many looks better than it is: that number is never reported as a result
    assert found.selection["value"].mean() > measured.pooled.quadratic_kappa


def test_the_fold_that_is_reported_changes_nothing_that_is_chosen():
    """Labels of the test fold turned round, its embeddings made useless: the choice stays."""
    dataset = make_labelled(18, zones=4, noise=1.5).dataset
    split = splits_of(dataset)[0]
    (honest,) = select_and_train(dataset, split, selecting("best"))
    frames = dataset.frames.copy()
    frames.loc[split.test, "truth"] = 3 - frames.loc[split.test, "truth"]
    file = dataset.features[BACKBONE]
    spoiled = file.embeddings.copy()
    spoiled[dataset.rows[BACKBONE][split.test]] = 0
    planted = replace(
        dataset, frames=frames, features={BACKBONE: replace(file, embeddings=spoiled)}
    )
    (other,) = select_and_train(planted, split, selecting("best"))
    assert other.rows == honest.rows
    labels_alone = replace(dataset, frames=frames)
    (relabelled,) = select_and_train(labels_alone, split, selecting("best"))
    np.testing.assert_array_equal(relabelled.probabilities, honest.probabilities)


@pytest.mark.slow
def test_any_number_of_processes_chooses_and_predicts_the_same():
    dataset = make_labelled(12, zones=3, noise=1.0).dataset
    one, two = (run(dataset, selecting("best", "average"), jobs) for jobs in (1, 2))
    pd.testing.assert_frame_equal(one.predictions, two.predictions)
    pd.testing.assert_frame_equal(one.selection, two.selection)


@pytest.mark.parametrize("level", [True, False])
def test_a_chosen_rule_is_recorded_where_clips_have_the_labels(level):
    dataset = make_labelled(12, zones=3).dataset
    split = splits_of(dataset)[0]
    (found,) = select_and_train(dataset, split, selecting("best", clip_labels=level))
    rules = {row["rule"] for row in found.rows}
    assert rules == {"majority" if level else ""}
    assert found.probabilities.shape == (len(split.test), 4)
    np.testing.assert_allclose(found.probabilities.sum(1), 1)
