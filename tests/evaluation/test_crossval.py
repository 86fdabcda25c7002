from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_maker import BACKBONE, make_labelled
from lusscore.cohort import ExtractionSettings, Split, split_into_folds
from lusscore.errors import FoldError, HeadError
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
from lusscore.evaluation.predictions import BASELINE, write_predictions
from lusscore.evaluation.rules import MAJORITY, STANDARD_RULES, Rule
from lusscore.heads import head_names

P = ["p0", "p1", "p2", "p3"]


def by_patient(frames, folds):
    """Divide frames by folds of patients."""
    fold = frames["patient"].map(folds).to_numpy()
    return [
        Split(1, number, np.flatnonzero(fold != number), np.flatnonzero(fold == number))
        for number in sorted(set(folds.values()))
    ]


def said(result, model):
    """Probabilities that one model gave."""
    name = model if "/" in model else f"{BACKBONE}/{model}"
    return result.predictions.loc[result.predictions["model"] == name, P].to_numpy()


@pytest.fixture
def dataset():
    return make_labelled(8, noise=2.0, extraction=ExtractionSettings(variants=2)).dataset


@pytest.fixture
def folds(dataset):
    return split_into_folds(dataset.frames, 2)


def test_every_frame_is_predicted_once_while_its_patient_is_held_out(dataset):
    folds = split_into_folds(dataset.frames, 3)
    told = []
    result = cross_validate(
        dataset, folds, [HeadChoice("logistic")], progress=lambda *at: told.append(at)
    )
    assert told == [(1, 3), (2, 3), (3, 3)]
    for _, rows in result.predictions.groupby("model"):
        assert not rows.duplicated(["clip", "frame"]).any()
        assert len(rows) == len(dataset.frames)
        for split in folds:
            held_out = set(dataset.frames["patient"].iloc[split.test])
            assert set(rows.loc[rows["fold"] == split.fold, "patient"]) == held_out
        np.testing.assert_allclose(rows[P].sum(axis=1), 1, atol=1e-9)
    training = result.training
    assert (training["train_frames"] + training["test_frames"] == len(dataset.frames)).all()
    assert (training["train_patients"] + training["test_patients"] == 8).all()
    assert (training["seconds"] > 0).all()


def test_the_baseline_knows_only_the_training_part():
    scores = ((0, 0), (0, 1), (0, 1), (1, 1))
    dataset = make_labelled(4, score=lambda patient, zone: scores[patient][zone]).dataset
    folds = by_patient(dataset.frames, {"p0": 1, "p1": 1, "p2": 2, "p3": 2})
    rows = cross_validate(dataset, folds, [HeadChoice("logistic")]).predictions
    for fold, shares in ((1, (0.25, 0.75)), (2, (0.75, 0.25))):
        mine = (rows["model"] == BASELINE) & (rows["fold"] == fold)
        assert rows.loc[mine, ["p0", "p1"]].drop_duplicates().to_numpy().tolist() == [list(shares)]


def test_a_score_that_a_fold_cannot_test_is_noted():
    score = lambda patient, zone: 2 if patient < 2 else zone  # noqa: E731
    dataset = make_labelled(6, score=score).dataset
    folds = by_patient(dataset.frames, {"p0": 1, "p1": 2, "p2": 3, "p3": 1, "p4": 2, "p5": 3})
    result = cross_validate(dataset, folds, [HeadChoice("logistic")])
    assert result.notes == (
        "No labelled frame has score 3.",
        "In fold 3 of repeat 1, no held-out frame has score 2; metrics of that score are not "
        "defined there.",
    )
    assert (result.predictions["p3"] == 0).all()


def test_what_cannot_be_trained_is_refused_before_anything_is(dataset, folds):
    for heads, combine, told in (
        ([HeadChoice(settings={"depth": 1})], [], "no setting 'depth'"),
        ([HeadChoice()], ["mean"], "nothing to combine it with"),
        ([HeadChoice("mil"), HeadChoice("mil", {"epochs": 2})], [], "Head mil is named twice"),
    ):
        with pytest.raises(HeadError, match=told):
            cross_validate(dataset, folds, heads, combine=combine)
    alike = replace(dataset, frames=dataset.frames.assign(truth=1))
    with pytest.raises(FoldError, match="all labelled frames have score 1"):
        cross_validate(alike, folds, [HeadChoice()])


def test_several_heads_meet_the_same_folds_and_do_not_change_each_other(dataset):
    folds = split_into_folds(dataset.frames, 2, repeats=2)
    heads = [HeadChoice("logistic"), HeadChoice("ordinal")]
    together = cross_validate(dataset, folds, heads)
    names = [f"{BACKBONE}/{head.name}" for head in heads]
    assert [model.name for model in together.models] == names
    assert together.training["model"].tolist() == [name for name in names for _ in range(4)]
    alone = cross_validate(dataset, folds, [heads[1]])
    np.testing.assert_array_equal(said(together, "ordinal"), said(alone, "ordinal"))


@pytest.mark.slow
def test_the_number_of_jobs_changes_no_byte_of_predictions_csv(dataset, folds, tmp_path):
    heads = [HeadChoice(name) for name in head_names()]
    for jobs in (1, 2):
        result = cross_validate(dataset, folds, heads, jobs=jobs)
        write_predictions(tmp_path / f"{jobs}.csv", result.predictions)
    assert (tmp_path / "1.csv").read_bytes() == (tmp_path / "2.csv").read_bytes()


def test_clips_reach_the_head_in_training_and_in_prediction(dataset, folds):
    rows = cross_validate(dataset, folds, [HeadChoice("mil", {"epochs": 2})]).predictions
    rows = rows[rows["model"] == f"{BACKBONE}/mil"]
    assert (rows.groupby("clip")[P].nunique() == 1).all(axis=None)


def test_patients_reach_the_head(dataset, folds):
    before = cross_validate(dataset, folds, [HeadChoice("svm")])
    # the same frames with every clip a patient of its own would be calibrated on other parts
    frames = dataset.frames
    parted = frames.assign(patient=frames["patient"] + frames["zone"])
    after = cross_validate(replace(dataset, frames=parted), folds, [HeadChoice("svm")])
    assert not np.array_equal(said(before, "svm"), said(after, "svm"))


@pytest.mark.parametrize("name", ["logistic", "ordinal", "svm", "mil", "softmax"])
def test_nothing_is_fitted_on_frames_held_out(dataset, folds, name):
    """Plant, in one held-out patient, a direction that would rule scaling and components.

    Each of that patient's frames is thrown far off along the score of the frame. Were means,
    spreads or components taken from all frames, this direction would be the first component and
    squeeze all others, and what is said about the other patients held out with it would change.
    """
    head = HeadChoice(name, {"components": 2, "test_variants": True})
    frames = dataset.frames
    planted = frames["patient"].iloc[folds[0].test[0]]
    clean = cross_validate(dataset, folds, [head]).predictions
    own = np.flatnonzero(frames["patient"] == planted)
    embeddings = dataset.features[BACKBONE].embeddings
    far = 100 * (1 + frames["truth"].to_numpy()[own])
    embeddings[dataset.rows[BACKBONE][own], :, 0] += far[:, None].astype(embeddings.dtype)
    leaky = cross_validate(dataset, folds, [head]).predictions
    same = (clean["fold"] == 1) & (clean["patient"] != planted)
    assert same.any()
    pd.testing.assert_frame_equal(clean[same], leaky[same], check_exact=True)
    other_fold = (clean["fold"] == 2) & (clean["model"] == f"{BACKBONE}/{name}")
    assert not clean[other_fold].equals(leaky[other_fold])


@pytest.fixture
def two_backbones(dataset):
    file = dataset.features[BACKBONE]
    other = replace(file, embeddings=file.embeddings[..., ::-1] ** 2)
    return replace(
        dataset,
        rows=dict.fromkeys(("a", "b"), dataset.rows[BACKBONE]),
        features={"a": file, "b": other},
    )


def test_the_mean_of_backbones_is_that_of_their_probabilities(two_backbones, folds):
    result = cross_validate(two_backbones, folds, [HeadChoice("logistic")], combine=["mean"])
    names = [model.name for model in result.models]
    assert names == ["a/logistic", "b/logistic", "a+b/logistic-mean"]
    a, b, both = (said(result, name) for name in names)
    assert not np.allclose(a, b)
    np.testing.assert_allclose(both, (a + b) / 2)
    seconds = result.training.groupby("model")["seconds"].sum()
    assert seconds["a+b/logistic-mean"] >= seconds["a/logistic"]


def test_backbones_set_one_after_the_other_are_one_embedding(two_backbones, folds):
    head = HeadChoice("ordinal", {"C": 0.1, "test_variants": True})
    result = cross_validate(two_backbones, folds, [head], combine=["concatenate"])
    files = two_backbones.features
    joined = np.concatenate([files["a"].embeddings, files["b"].embeddings], axis=-1)
    single = replace(
        two_backbones,
        rows={"ab": two_backbones.rows["a"]},
        features={"ab": replace(files["a"], embeddings=joined)},
    )
    expected = cross_validate(single, folds, [head])
    np.testing.assert_array_equal(said(result, "a+b/ordinal"), said(expected, "ab/ordinal"))


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
    heads = [HeadChoice("logistic"), HeadChoice("ordinal")]
    grids = {head.name: {"C": STRENGTHS} for head in heads}
    candidates = list_candidates([(FeatureSet(BACKBONE),)], heads, grids, clip_labels=True, seed=0)
    return Selection(candidates, strategies or ("best",), **options)


def _run(dataset, selection, jobs=1):
    splits = split_into_folds(dataset.frames, 3)
    heads = [HeadChoice("logistic", {"C": 1e-6})]
    return cross_validate(dataset, splits, heads, selection=selection, jobs=jobs)


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
    found = _run(dataset, Selection(candidates, ("best", "average")))
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
    found = _run(dataset, selecting("best"))
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
    split = split_into_folds(dataset.frames, 3)[0]
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
    one, two = (_run(dataset, selecting("best", "average"), jobs) for jobs in (1, 2))
    pd.testing.assert_frame_equal(one.predictions, two.predictions)
    pd.testing.assert_frame_equal(one.selection, two.selection)


@pytest.mark.parametrize("level", [True, False])
def test_a_chosen_rule_is_recorded_where_clips_have_the_labels(level):
    dataset = make_labelled(12, zones=3).dataset
    split = split_into_folds(dataset.frames, 3)[0]
    (found,) = select_and_train(dataset, split, selecting("best", clip_labels=level))
    rules = {row["rule"] for row in found.rows}
    assert rules == {"majority" if level else ""}
    assert found.probabilities.shape == (len(split.test), 4)
    np.testing.assert_allclose(found.probabilities.sum(1), 1)
