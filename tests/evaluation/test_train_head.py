import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest

from dataset_maker import BACKBONE, make_labelled
from lusscore.cohort.fold_search import make_folds
from lusscore.evaluation.dataset import Dataset
from lusscore.evaluation.feature_sets import FeatureSet
from lusscore.evaluation.models import HeadChoice
from lusscore.evaluation.sides import fold_sides
from lusscore.evaluation.train_head import Task, train_all

IN_CONTEXT = HeadChoice("logistic", {"pooling": "mean", "context": "exam"})


def held_out(dataset: Dataset, exams: pd.Series) -> np.ndarray:
    """Return what a head with exam context says of the first fold, were these the exams."""
    named = replace(dataset, frames=dataset.frames.assign(exam=exams))
    side = fold_sides(named.frames, make_folds(dataset.patients(), 2))[0]
    task = Task((FeatureSet(BACKBONE),), side, (IN_CONTEXT,))
    ((trained,),) = train_all(named, [task], 1)
    return trained[0]


def test_an_exam_is_that_of_its_patient_however_it_is_named() -> None:
    dataset = make_labelled(8, zones=4).dataset
    frames = dataset.frames
    assert frames["exam"].nunique() == 1
    alike = held_out(dataset, frames["exam"])
    np.testing.assert_array_equal(alike, held_out(dataset, "of " + frames["patient"]))
    assert np.abs(alike - held_out(dataset, frames["clip"])).max() > 1e-3


ENDLESS = """
from dataset_maker import BACKBONE, make_labelled
from lusscore.cohort.fold_search import make_folds
from lusscore.evaluation.feature_sets import FeatureSet
from lusscore.evaluation.models import HeadChoice
from lusscore.evaluation.sides import fold_sides
from lusscore.evaluation.train_head import Task, train_all

dataset = make_labelled(8, zones=4).dataset
side = fold_sides(dataset.frames, make_folds(dataset.patients(), 2))[0]
task = Task((FeatureSet(BACKBONE),), side, (HeadChoice("logistic"),))
for _ in train_all(dataset, [task] * 10**5, 2):
    print("trained", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kills a process by signal")
def test_processes_end_with_a_run_that_is_killed(tmp_path: Path) -> None:
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
