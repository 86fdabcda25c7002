from dataclasses import replace

from lusscore.report.sections.data_flow import data_flow
from run_maker import changed


def _cohort(run, **changes):
    return changed(run, cohort=changes)


def test_an_older_run_shows_what_it_knows_and_says_what_it_does_not(clinical):
    (flow,) = data_flow(clinical).flows
    clips = clinical.config.cohort.clips
    assert [step.count for step in flow.steps[:2]] == [f"{clips + 1} clips", f"{clips} clips"]
    assert flow.steps[0].left_out == ("1 clip without embeddings",)
    assert flow.unknown.startswith("How many clips of the manifest have no score")


def test_clips_are_followed_from_the_manifest_and_every_loss_is_told(clinical):
    clips = clinical.config.cohort.clips
    run = _cohort(clinical, manifest_clips=clips + 10, labelled_clips=clips + 3)
    (flow,) = data_flow(run).flows
    assert [(step.title, step.count) for step in flow.steps[:3]] == [
        ("In the manifest", f"{clips + 10} clips"),
        ("With a score", f"{clips + 3} clips"),
        ("With embeddings of scored frames", f"{clips} clips"),
    ]
    assert flow.steps[0].left_out == ("7 clips without a score",)
    assert flow.steps[1].left_out == (
        "1 clip without embeddings",
        "2 clips without a frame in the scored segment",
    )
    assert flow.unknown == ""


def test_clips_of_unknown_zone_stand_beside_the_flow_not_in_its_losses(half):
    (flow,) = data_flow(half).flows
    step = next(step for step in flow.steps if step.title == "With embeddings of scored frames")
    first = half.clips[(half.clips["model"] == half.models[0]) & (half.clips["repeat"] == 1)]
    assert step.left_out == (
        f"{(first['zone'] == '').sum()} clips of unknown zone: used, but not per zone and exam",
    )


def test_sides_are_those_of_the_training_table(clinical):
    shown = data_flow(clinical)
    assert [side.name for side in shown.sides] == ["Fold 1", "Fold 2", "Fold 3"]
    row = clinical.training.iloc[0]
    assert shown.sides[0].trained == (
        f"{row['train_patients']} patients, {row['train_frames']} frames"
    )
    assert shown.more == ""


def test_what_is_not_drawn_is_told(weak, clinical):
    assert data_flow(weak).more == "Drawn: the first of 2 repeats; the table of folds has all."
    one = clinical.training[clinical.training["model"] == clinical.models[0]].iloc[:1]
    training = one.loc[one.index.repeat(20)].assign(fold=range(1, 21))
    shown = data_flow(replace(clinical, training=training))
    assert len(shown.sides) == 12
    assert shown.more == "Drawn: the first 12 of 20 folds; the table of folds has all."


def test_an_external_run_has_a_flow_for_each_cohort(external):
    shown = data_flow(external)
    assert [(flow.role, flow.cohort) for flow in shown.flows] == [
        ("Trained on", "far"),
        ("Tested on", "clinic"),
    ]
