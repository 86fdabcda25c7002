"""What must not look like skill does not, and what would is refused.

One leak cannot be seen here: a recording that was encoded again, cropped or cut has other bytes and
slightly other embeddings, and passes for a recording of its own. 'lusscore check' looks for such
pairs inside a cohort by their pictures; between two cohorts nothing does.
"""

import numpy as np
import pytest

from dataset_maker import make_labelled
from lusscore.cohort import Split, split_into_folds
from lusscore.errors import CohortError, FoldError
from lusscore.evaluation.aggregation import score_at
from lusscore.evaluation.crossval import cross_validate
from lusscore.evaluation.dataset import join_cohorts
from lusscore.evaluation.levels import measure_level
from lusscore.evaluation.metrics import draw_patients
from lusscore.evaluation.models import HeadChoice
from lusscore.evaluation.predictions import BASELINE

PATIENTS, ZONES = 24, 4


def measured(labelled, head):
    """What the head reaches on clips, in three folds."""
    dataset = labelled.dataset
    splits = split_into_folds(dataset.frames, 3)
    result = cross_validate(dataset, splits, [HeadChoice(head)])
    clips = score_at(result.predictions, "clip")
    patients = sorted(dataset.frames["patient"].unique())
    model = result.models[0].name
    draws = draw_patients(len(patients), 400, 0)
    return measure_level(clips, [model, BASELINE], patients, draws)[model].record


def cohort_of(scores):
    """Embeddings show (patient + zone) mod 4, whatever the labels of (patient, zone) say."""
    made = make_labelled(PATIENTS, zones=ZONES, score=lambda patient, zone: (patient + zone) % 4)
    frames = made.dataset.frames
    place = {f"p{patient}_{zone}.mp4": scores[patient, zone]
             for patient in range(PATIENTS) for zone in range(ZONES)}  # fmt: skip
    frames["truth"] = frames["clip"].map(place)
    return made


def true_scores():
    return np.add.outer(np.arange(PATIENTS), np.arange(ZONES)) % 4


@pytest.mark.parametrize("head", ["logistic", "ordinal"])
def test_a_signal_is_found_and_lies_above_its_chance_band(head):
    found = measured(cohort_of(true_scores()), head)
    assert found.pooled.accuracy > 0.9
    assert found.chance["accuracy"] is not None
    assert found.pooled.accuracy > found.chance["accuracy"][1]


@pytest.mark.parametrize("head", ["logistic", "ordinal"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_labels_shuffled_between_patients_leave_chance(head, seed):
    """Each patient is given all labels of another, each clip those of another zone of it."""
    rng = np.random.default_rng(seed)
    scores = rng.permuted(true_scores()[rng.permutation(PATIENTS)], axis=1)
    found = measured(cohort_of(scores), head)
    for metric in ("accuracy", "quadratic_kappa", "macro_auc"):
        band = found.chance[metric]
        assert band is not None
        assert band[0] <= getattr(found.pooled, metric) <= band[1], metric
    assert found.pooled.accuracy < 0.4


def test_a_patient_under_two_names_is_refused():
    """p1 has the recordings of p0, so that one could be learned by heart from the other."""
    with pytest.raises(CohortError, match="are given to more than one patient, the first as p0_0"):
        make_labelled(6, digest=lambda patient, zone: f"{max(patient, 1)} {zone}")


def test_a_patient_under_two_names_is_refused_where_heads_are_trained_too():
    """Whoever makes splits in another way than from a checked cohort meets the same rule."""
    frames = make_labelled(6).dataset
    frames.frames.loc[frames.frames["patient"] == "p1", "digest"] = frames.frames.loc[
        frames.frames["patient"] == "p0", "digest"
    ].to_numpy()
    own = (frames.frames["patient"] == "p0").to_numpy()
    split = Split(1, 1, np.flatnonzero(~own), np.flatnonzero(own), "group: p0")
    with pytest.raises(FoldError, match="recording 'made 0 0 0' is both trained and tested on"):
        cross_validate(frames, [split], [HeadChoice("logistic")])


def test_a_patient_trained_and_tested_on_is_refused():
    dataset = make_labelled(6).dataset
    split = Split(1, 1, np.arange(12), np.arange(9, 36))
    with pytest.raises(FoldError, match="patient 'p1' is both trained and tested on"):
        cross_validate(dataset, [split], [HeadChoice("logistic")])


def test_a_patient_of_both_cohorts_is_refused_whatever_the_names():
    training = make_labelled(6, name="here")
    tested = make_labelled(
        6, name="there", digest=lambda patient, zone: f"here 0 {patient} {zone}" if patient == 5
        else f"there {patient} {zone}",
    )  # fmt: skip
    with pytest.raises(CohortError) as caught:
        join_cohorts([training], tested)
    assert "share 2 recordings, byte for byte: p5_0.mp4 = p5_0.mp4, p5_1.mp4" in str(caught.value)


def test_nothing_of_the_cohort_tested_on_reaches_training():
    """Its other patients, its labels and its spread change nothing of what is said of one frame."""
    training = make_labelled(8, name="here")
    tested = make_labelled(8, name="there", seed=1)
    head = HeadChoice("logistic", {"components": 2})

    def predict():
        joined, splits = join_cohorts([training], tested)
        rows = cross_validate(joined, splits, [head]).predictions
        own = rows[(rows["patient"] == "p0") & (rows["model"] != BASELINE)]
        return own[["p0", "p1", "p2", "p3"]].to_numpy()

    clean = predict()
    others = (tested.dataset.frames["patient"] != "p0").to_numpy()
    rows = tested.dataset.rows["efficientnet_lite0"][others]
    tested.dataset.features["efficientnet_lite0"].embeddings[rows] *= 100
    tested.dataset.frames.loc[others, "truth"] = 3
    np.testing.assert_array_equal(predict(), clean)
    training.dataset.frames["truth"] = 3 - training.dataset.frames["truth"]
    assert not np.allclose(predict(), clean)
