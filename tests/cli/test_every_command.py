"""Every command runs once on real input, and what it makes has the right numbers in it."""

from __future__ import annotations

import csv
import http.client
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest
from click.testing import CliRunner

import lusscore.web
from clip_maker import write_video
from ground import Ground, bright, make_ground
from lusscore.cli.main import _COMMANDS, main
from lusscore.cohort import read_cohort
from lusscore.evaluation.models import HeadChoice
from lusscore.features import read_features
from lusscore.models import read_bundle

LABELLED, PATIENTS, CLIPS, FRAMES = 10, 12, 24, 96


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """Twelve patients with two clips each, two of them unlabelled, with embeddings and a run."""
    made = make_ground(
        tmp_path_factory.mktemp("ground"),
        PATIENTS,
        score=lambda patient, zone: (patient + zone) % 4 if patient < LABELLED else None,
    )
    made.run("plain", HeadChoice("logistic"))
    return made


def run(*arguments: object) -> str:
    result = CliRunner().invoke(main, [str(each) for each in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def told(*arguments: object) -> Any:
    return json.loads(run(*arguments, "--json"))


def phantom(ground: Ground) -> None:
    run("phantom", "--patients", 1, "--frames", 2, "--size", 96, "--name", "made")
    cohort = read_cohort(Path("data/made"))
    assert len(cohort.clips()) == 12
    assert {segment.score for segment in cohort.segments} <= {0, 1, 2, 3}


def import_(ground: Ground) -> None:
    for patient, score in (("anna", 0), ("bert", 2)):
        folder = Path("ward", patient, "R1", str(score))
        folder.mkdir(parents=True)
        write_video(folder / "a.mp4", bright(score))
    run("import", "folders", "ward", "--protocol", "blue-6")
    segments = read_cohort(Path("data/ward")).segments
    assert [(segment.patient, segment.score) for segment in segments] == [("anna", 0), ("bert", 2)]


def check(ground: Ground) -> None:
    summary = told("check", "bright")["summary"]
    assert (summary["patients"], summary["clips"], summary["frames"]) == (PATIENTS, CLIPS, FRAMES)


def features(ground: Ground) -> None:
    (outcome,) = told("features", "bright", *ground.named, "--features-dir", "again")
    assert (outcome["clips"], outcome["failed"]) == (CLIPS, {})
    embeddings = read_features(Path(outcome["path"])).embeddings
    assert embeddings.shape == (FRAMES, 2, 8)
    assert np.isfinite(embeddings).all()


def cv(ground: Ground) -> None:
    run("cv", "bright", *ground.named, "--head", "logistic", "--run", "new", "--folds", 2)
    folder = Path("results/bright/new")
    frame = json.loads((folder / "metrics.json").read_text("utf-8"))["levels"]["frame"]
    of_head, of_baseline = (
        frame[model]["pooled"]["accuracy"] for model in ("tiny/logistic", "baseline/majority")
    )
    assert of_head > of_baseline
    with (folder / "predictions.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["model"] == "tiny/logistic"]
    assert len(rows) == FRAMES * LABELLED // PATIENTS
    assert (folder / "report.html").stat().st_size > 10_000


def report(ground: Ground) -> None:
    folder = Path("results/bright/plain")
    run("report", folder)
    metrics = json.loads((folder / "metrics.json").read_text("utf-8"))
    accuracy = metrics["levels"]["clip"]["tiny/logistic"]["pooled"]["accuracy"]
    assert f"{accuracy:.2f}" in (folder / "report.html").read_text("utf-8")
    assert len(list((folder / "figures").glob("*.svg"))) == 9


def train(ground: Ground) -> None:
    facts = told("train", "bright", "--from-run", "plain", *ground.named)
    bundle = read_bundle(Path("results/bundles/bright"))
    assert facts["digest"] == bundle.digest
    assert bundle.card["Training cohort"]["Clips"] == CLIPS * LABELLED // PATIENTS


def score(ground: Ground) -> None:
    Path("exam").mkdir()
    for seed, zone in enumerate(("R-ant-sup", "L-lat-inf")):
        write_video(Path("exam", f"{zone}.mp4"), bright(2, seed=seed))
    document = told("score", "exam")
    assert {zone["zone"] for zone in document["zones"]} == {"R-ant-sup", "L-lat-inf"}
    total = document["global_score"]
    assert total["sum"] == sum(zone["score"] for zone in document["zones"])
    (folder,) = Path("results/exams").iterdir()
    assert json.loads((folder / "exam.json").read_text("utf-8"))["global_score"] == total
    assert (folder / "report.html").stat().st_size > 10_000


def serve(ground: Ground) -> None:
    statuses = []
    really_serve = lusscore.web.serve

    def serve_one(*arguments: Any, ready: Callable[..., None], **more: Any) -> None:
        def ask(serving: Any) -> None:
            try:
                port = urlsplit(serving.address).port
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
                connection.request("GET", "/")
                statuses.append(connection.getresponse().status)
                connection.close()
            finally:
                serving.stop()

        def then_ask(serving: Any) -> None:
            ready(serving)
            threading.Thread(target=ask, args=(serving,)).start()

        really_serve(*arguments, ready=then_ask, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lusscore.web, "serve", serve_one)
        run("serve", "--port", 0, "--no-open")
    assert statuses == [200]


def suggest(ground: Ground) -> None:
    found = told("suggest", "bright", *ground.named)
    unlabelled = {segment.clip for segment in ground.cohort.segments if segment.score is None}
    assert {each["clip"] for each in found["suggestions"]} == unlabelled
    assert (found["labelled"], found["unlabelled"]) == (2 * LABELLED, CLIPS - 2 * LABELLED)


def status(ground: Ground) -> None:
    (row,) = told("status", "bright")
    assert (row["state"], row["frames_done"], row["frames"]) == ("fresh", FRAMES, FRAMES)


def verify(ground: Ground) -> None:
    (row,) = told("verify", "bright")
    assert (row["parts"], row["findings"]) == (CLIPS, [])


def forget(ground: Ground) -> None:
    patient = ground.cohort.segments[0].patient
    assert told("forget", patient, "--dry-run", "--cohort", "bright")["deleted"]
    assert patient in {segment.patient for segment in ground.cohort.segments}


def backbones(ground: Ground) -> None:
    (row,) = told("backbones", "efficientnet_lite0")
    assert (row["embedding_size"], row["weights_origin"]) == (1280, "bundled")


def completion(ground: Ground) -> None:
    assert len(run("completion", "bash").splitlines()) > 10


STEPS: dict[str, Callable[[Ground], None]] = {
    "phantom": phantom,
    "import": import_,
    "check": check,
    "features": features,
    "cv": cv,
    "report": report,
    "train": train,
    "score": score,
    "serve": serve,
    "suggest": suggest,
    "status": status,
    "verify": verify,
    "forget": forget,
    "backbones": backbones,
    "completion": completion,
}


@pytest.mark.parametrize("name", _COMMANDS)
def test_every_command_does_its_work(
    name: str, ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LUSSCORE_WEIGHTS", raising=False)
    # the default folders are those of the ground
    monkeypatch.chdir(ground.root)
    STEPS[name](ground)
