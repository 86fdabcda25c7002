import copy
from dataclasses import replace

from lusscore.report.sections.coverage import coverage


def test_every_model_has_three_metrics_at_every_share(clinical, labels):
    shown = coverage(clinical, labels)
    assert shown.shares == tuple(f"{share}\u00a0%" for share in (100, 90, 80, 70, 50))
    assert [row.model for row in shown.rows if row.first] == [
        *(labels[model] for model in clinical.models),
        "Majority baseline",
    ]
    assert [row.metric for row in shown.rows[:3]] == [
        "Accuracy",
        "Mean absolute error ↓",
        "Quadratic kappa",
    ]
    entry = clinical.metrics["coverage"][clinical.models[0]]["shares"][4]
    low, high = entry["interval"]["accuracy"]
    assert shown.rows[0].cells[4] == (
        f"{entry['pooled']['accuracy']:.3f}",
        f"[{low:.3f}, {high:.3f}]",
    )


def test_which_scores_are_left_out_is_told_of_each_model(clinical, labels):
    metrics = copy.deepcopy(clinical.metrics)
    metrics["coverage"][clinical.models[0]]["shares"][3]["kept"] = [1.0, 0.75, 0.5, None]
    sentence, *others = coverage(replace(clinical, metrics=metrics), labels).sentences
    assert sentence == (
        "Answering 70\u00a0% of clips, Xception leaves out 0.0\u00a0% of those with score 0, "
        "25.0\u00a0% of those with score 1 and 50.0\u00a0% of those with score 2."
    )
    assert len(others) == 2
