import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from dataset_maker import BACKBONE, make_labelled
from lusscore.cohort import ExtractionSettings, Split, split_into_folds
from lusscore.evaluation.crossval import cross_validate
from lusscore.evaluation.models import FeatureSet, HeadChoice
from lusscore.evaluation.predictions import PROBABILITIES, SCORES
from lusscore.evaluation.train_head import Task, train_all

IN_CONTEXT = HeadChoice("logistic", {"pooling": "mean", "context": "exam"})


def held_out(dataset, exams):
    """Return what a head with exam context says of the first fold, were these the exams."""
    named = replace(dataset, frames=dataset.frames.assign(exam=exams))
    split = split_into_folds(named.frames, 2)[0]
    task = Task((FeatureSet(BACKBONE),), split, (IN_CONTEXT,))
    ((trained,),) = train_all(named, [task], 1)
    return trained[0]


def test_an_exam_is_that_of_its_patient_however_it_is_named():
    dataset = make_labelled(8, zones=4).dataset
    frames = dataset.frames
    assert frames["exam"].nunique() == 1
    alike = held_out(dataset, frames["exam"])
    np.testing.assert_array_equal(alike, held_out(dataset, "of " + frames["patient"]))
    assert np.abs(alike - held_out(dataset, frames["clip"])).max() > 1e-3


def held_out_rows(dataset, patients, head):
    """What a head says of some patients' frames, having learned from all others."""
    own = dataset.frames["patient"].isin(patients).to_numpy()
    split = Split(1, 1, np.flatnonzero(~own), np.flatnonzero(own), "device: A")
    result = cross_validate(dataset, [split], [head])
    return result.predictions[result.predictions["model"] == result.models[0].name]


@pytest.mark.parametrize("head", ["logistic", "ordinal"])
@pytest.mark.parametrize("learned", [(0, 2, 3), (1, 3)])
def test_a_score_that_nobody_trained_on_has_moves_no_other(head, learned):
    """A device left out may leave any scores to learn: each keeps its own probability."""

    def score(patient, zone):
        return learned[(patient + zone) % len(learned)] if patient < 6 else zone

    dataset = make_labelled(9, zones=4, score=score).dataset
    rows = held_out_rows(dataset, ["p6", "p7", "p8"], HeadChoice(head))
    probabilities = rows[list(PROBABILITIES)].to_numpy()
    for unseen in set(SCORES) - set(learned):
        assert (probabilities[:, unseen] == 0).all()
    known = rows["truth"].isin(learned).to_numpy()
    np.testing.assert_array_equal(probabilities[known].argmax(axis=1), rows["truth"][known])


@pytest.mark.parametrize("test_variants", [False, True])
def test_held_out_frames_are_tested_clean_unless_their_variants_are_asked_for(test_variants):
    """The variants of the frames held out show the opposite of what the clean frames show."""
    dataset = make_labelled(8, zones=4, extraction=ExtractionSettings(variants=2)).dataset
    embeddings = dataset.features[BACKBONE].embeddings
    rows = dataset.rows[BACKBONE][dataset.frames["patient"].isin(["p6", "p7"]).to_numpy()]
    opposite = [3, 2, 1, 0, *range(4, embeddings.shape[-1])]
    embeddings[rows, 1:] = embeddings[rows, :1][..., opposite]
    told = held_out_rows(
        dataset, ["p6", "p7"], HeadChoice("logistic", {"test_variants": test_variants})
    )
    right = told[list(PROBABILITIES)].to_numpy().argmax(axis=1) == told["truth"]
    assert right.all() != test_variants


ENDLESS = """
from dataset_maker import BACKBONE, make_labelled
from lusscore.cohort import split_into_folds
from lusscore.evaluation.models import FeatureSet, HeadChoice
from lusscore.evaluation.train_head import Task, train_all

dataset = make_labelled(8, zones=4).dataset
split = split_into_folds(dataset.frames, 2)[0]
task = Task((FeatureSet(BACKBONE),), split, (HeadChoice("logistic"),))
for _ in train_all(dataset, [task] * 10**5, 2):
    print("trained", flush=True)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kills a process by signal")
def test_processes_end_with_a_run_that_is_killed(tmp_path):
    script = tmp_path / "endless.py"
    script.write_text(ENDLESS, encoding="utf-8")
    path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    run = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": path},
        text=True,
    )
    assert run.stdout is not None
    assert run.stdout.readline() == "trained\n"
    workers = [
        child
        for child in psutil.Process(run.pid).children()
        if "LokyProcess" in " ".join(child.cmdline())
    ]
    assert len(workers) == 2
    run.send_signal(signal.SIGKILL)
    run.wait()
    run.stdout.close()
    _, alive = psutil.wait_procs(workers, timeout=20)
    assert alive == []
