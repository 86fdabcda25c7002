"""What the browser is to find: a cohort half labelled, an exam, two runs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from lusscore.cohort import read_cohort, write_cohort
from lusscore.evaluation import evaluate_run
from run_maker import Recipe, make_run

COHORT = "ward"
OTHER_COHORT = "elsewhere"
MARKUP = "<img src=x onerror=alert(1)>"
EXAM = "visit"
_SIZE = ("--patients", "3", "--covid", "2", "--frames", "4")


def make_study(folder: Path) -> Path:
    """Make it with the commands that people use, and return `folder`."""
    made = start(folder, "phantom", "--name", COHORT, *_SIZE)
    _make_runs(folder)
    await_end(made)
    cohort = read_cohort(folder / "data" / COHORT)
    segments = [
        replace(
            segment,
            patient=segment.patient.replace("phantom-002", MARKUP),
            score=segment.score if number % 2 else None,
        )
        for number, segment in enumerate(cohort.segments)
        if segment.patient != "phantom-003"
    ]
    shutil.copytree(folder / "data" / COHORT / "clips" / "phantom-003", folder / EXAM)
    clean = replace(cohort.card.extraction, variants=0)
    write_cohort(folder / "data" / COHORT, replace(cohort.card, extraction=clean), segments)
    return folder


def _make_runs(folder: Path) -> None:
    for name, patients in ((COHORT, 6), (OTHER_COHORT, 4)):
        recipe = Recipe(patients=patients, healthy=1, frames=(2, 3))
        run = make_run(folder / "results" / name / "first", recipe)
        evaluate_run(run, resamples=100)
        (run / "report.html").write_text("<!doctype html><title>A report</title>", encoding="utf-8")


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start a command in `folder`."""
    command = [sys.executable, "-m", "lusscore", *arguments]
    return subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def await_end(process: subprocess.Popen[str]) -> None:
    """Wait for a command to end well."""
    told, _ = process.communicate(timeout=120)
    assert process.returncode == 0, told
