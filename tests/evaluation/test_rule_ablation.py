import pytest

from lusscore.evaluation.aggregation import score_at
from lusscore.evaluation.metrics import measure
from lusscore.evaluation.predictions import HeldOut, read_predictions
from lusscore.evaluation.resampling import draw_patients
from lusscore.evaluation.rule_ablation import RULE_METRICS, compare_rules
from lusscore.evaluation.rules import STANDARD_RULES, Rule

MODELS = ["xception/softmax", "resnet50/softmax"]


@pytest.fixture
def predictions(run_folder):
    return read_predictions(run_folder / "predictions.csv")


def test_every_rule_is_measured_as_if_it_were_the_runs(predictions):
    patients = sorted(predictions["patient"].unique())
    draws = draw_patients(len(patients), 200, 0)
    rows = compare_rules(predictions, MODELS, STANDARD_RULES, patients, draws)
    assert [(row.model, row.rule) for row in rows] == [
        (model, rule.name) for model in MODELS for rule in STANDARD_RULES
    ]
    for row in rows:
        clips = score_at(predictions, "clip", Rule.parse(row.rule))
        metrics = measure(HeldOut.of(clips[clips["model"] == row.model], patients))
        assert row.pooled == pytest.approx({name: getattr(metrics, name) for name in RULE_METRICS})
        assert list(row.interval) == list(RULE_METRICS)
        low, high = row.interval["accuracy"]
        assert low < row.pooled["accuracy"] < high
    assert len({row.pooled["accuracy"] for row in rows}) > 3, "rules must differ on such frames"


def test_a_rule_given_twice_is_measured_once(predictions):
    patients = sorted(predictions["patient"].unique())
    draws = draw_patients(len(patients), 100, 0)
    twice = [Rule.parse("worst"), Rule.parse("worst")]
    assert len(compare_rules(predictions, MODELS, twice, patients, draws)) == 2


def test_one_patient_has_no_intervals(predictions):
    alone = predictions[predictions["patient"] == "101"]
    rows = compare_rules(alone, MODELS, STANDARD_RULES, ["101"], draw_patients(1, 100, 0))
    assert all(row.interval == {} for row in rows)
