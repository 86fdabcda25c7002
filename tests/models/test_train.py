from __future__ import annotations

import re
import shutil
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from backbone_maker import write_tiny_backbone
from ground import PATIENT, Ground, bright, make_ground, same_but_for_id
from lusscore.cohort import Split, read_folds
from lusscore.errors import FeatureFileError
from lusscore.evaluation.crossval import select_and_train
from lusscore.evaluation.dataset import Dataset, JoinedDatasets
from lusscore.evaluation.models import Grid, HeadChoice, NestedCV, recorded_selection
from lusscore.evaluation.predictions import PROBABILITIES
from lusscore.evaluation.rules import Rule
from lusscore.evaluation.run_config import HeadTable
from lusscore.evaluation.train_head import fit_on
from lusscore.heads import Temperature
from lusscore.models import (
    Bundle,
    RecordedRun,
    TrainedHead,
    read_recorded_run,
    to_files,
)
from lusscore.models.calibration import HeldOutClips, calibrate
from lusscore.models.train import FittedMembers, fit_members
from run_maker import changed


@pytest.fixture(scope="module")
def run(plain_run: Path) -> RecordedRun:
    return read_recorded_run(plain_run, "tiny/logistic")


def on_training_data(bundle: Bundle, ground: Ground) -> NDArray[np.float64]:
    dataset = ground.labelled().dataset
    (member,) = bundle.members
    rows = np.arange(len(dataset.frames))
    answers: NDArray[np.float64] = member.head.predict_proba(
        dataset.embeddings(member.features, rows, 1)
    )
    return answers


def limits(bundle: Bundle) -> tuple[object, ...]:
    ood = bundle.ood
    return (
        bundle.temperature, bundle.least_confidence, bundle.coverage,
        ood.limit, ood.rest, bundle.card["Calibration and review"],
    )  # fmt: skip


def test_what_the_head_says_of_its_own_training_data_changes_no_limit(
    run: RecordedRun, ground: Ground
) -> None:
    bundles = []
    for strength in (1e-6, 1e4):
        head = HeadTable(name=run.config.head.name, **{**run.config.head.settings, "C": strength})
        bundles.append(ground.train(changed(run, head=head)))
    timid, sure = (on_training_data(one, ground).max(axis=1).mean() for one in bundles)
    assert timid < 0.3
    assert sure > 0.8
    assert limits(bundles[0]) == limits(bundles[1])


def test_limits_are_those_of_the_held_out_clips(run: RecordedRun, ground: Ground) -> None:
    bundle = ground.train(run, coverage=0.5)
    found = calibrate(HeldOutClips.of(run.predictions, run.clip_rule), 0.5)
    assert bundle.temperature == found.temperature
    assert bundle.least_confidence == found.least_confidence > 0.5
    assert bundle.coverage == found.coverage == 0.5


def test_temperatures_that_follow_each_other_are_multiplied(
    chosen_run: Path, ground: Ground
) -> None:
    run = read_recorded_run(chosen_run, "average")
    fitted = fit_members(ground.labelled().dataset, run)
    own = calibrate(HeldOutClips.of(run.predictions, fitted.clip_rule)).temperature
    assert fitted.temperature != 1
    assert own != 1
    assert ground.train(run).temperature == pytest.approx(fitted.temperature * own)


def test_the_bundle_says_what_the_cohorts_card_says(run: RecordedRun, ground: Ground) -> None:
    before = datetime.now(timezone.utc).replace(microsecond=0)
    bundle = ground.train(run)
    card = ground.cohort.card
    for key in ("protocol", "rubric", "label_level", "synthetic", "extraction"):
        assert getattr(bundle, key) == getattr(card, key), key
    assert bundle.name == "bright"
    assert ground.train(run, name="first").name == "first"
    assert list(bundle.networks) == ["tiny"]
    assert before <= datetime.fromisoformat(bundle.created) <= datetime.now(timezone.utc)
    assert re.fullmatch("[0-9a-f]{32}", bundle.id)


@pytest.mark.parametrize("model", ["tiny+other/logistic", "tiny+other/logistic-mean"])
def test_all_networks_of_the_model_and_no_other_are_in_the_bundle(
    plain_run: Path, ground: Ground, model: str
) -> None:
    bundle = ground.train(plain_run, model)
    assert list(bundle.networks) == ["tiny", "other"]
    assert bundle.ood.mean.shape == (16,)


@pytest.mark.slow
def test_the_same_training_gives_the_same_bytes_on_any_number_of_jobs(
    chosen_run: Path, ground: Ground
) -> None:
    bundles = [ground.train(chosen_run, "average", jobs=jobs) for jobs in (1, 2)]
    first, second = (to_files(same_but_for_id(bundle)) for bundle in bundles)
    assert first == second
    assert bundles[0].id != bundles[1].id


def test_no_patient_no_clip_and_no_place_of_this_machine_is_in_it(
    plain_run: Path, ground: Ground
) -> None:
    planted = [PATIENT.encode(), str(ground.root).encode(), b"pytest-of", b".onnx/"]
    manifest = (ground.root / "data" / "bright" / "manifest.csv").read_bytes()
    assert planted[0] in manifest
    for name, data in to_files(ground.train(plain_run, "tiny+other/logistic")).items():
        assert [secret for secret in planted if secret in data] == [], name


def test_a_network_with_other_weights_than_the_embeddings_is_refused(
    run: RecordedRun, ground: Ground, tmp_path: Path
) -> None:
    for folder in ("data", "features"):
        shutil.copytree(ground.root / folder, tmp_path / folder)
    for number, name in enumerate(ground.backbones):
        write_tiny_backbone(tmp_path / f"{name}.onnx", seed=7 + number)
    with pytest.raises(FeatureFileError, match=r"tiny\.h5: .* weights is \w+…, needed \w+…"):
        replace(ground, root=tmp_path).train(run)


_Float = NDArray[np.float64]


@pytest.fixture(scope="module")
def dataset(ground: Ground) -> Dataset:
    return ground.labelled().dataset


def answer(
    member: TrainedHead, dataset: Dataset, rows: NDArray[np.int64], head: object = None
) -> _Float:
    """What a member says of clean frames."""
    frames = dataset.frames.iloc[rows]
    clips = np.unique(frames["clip"].to_numpy(), return_inverse=True)[1]
    exams = np.unique(frames["patient"].to_numpy(), return_inverse=True)[1]
    asked = head or member.head
    probabilities = np.zeros((len(rows), 4))
    probabilities[:, asked.classes_] = asked.predict_proba(  # type: ignore[attr-defined]
        dataset.embeddings(member.features, rows, 1), clips=clips, exams=exams
    )
    return Temperature(member.temperature).apply(probabilities)


def recorded(run: RecordedRun, dataset: Dataset, rows: NDArray[np.int64]) -> _Float:
    """What the run said of frames, in the order of the rows."""
    said = run.predictions.set_index(["clip", "frame"])
    wanted = pd.MultiIndex.from_frame(dataset.frames.iloc[rows][["clip", "frame"]])
    return said.loc[wanted, list(PROBABILITIES)].to_numpy()


@pytest.mark.parametrize(
    ("model", "seen"),
    [
        ("tiny/logistic", [["tiny"]]),
        ("other/logistic", [["other"]]),
        ("tiny+other/logistic", [["tiny", "other"]]),
        ("tiny+other/logistic-mean", [["tiny"], ["other"]]),
    ],
)
def test_members_are_the_runs_heads_with_its_settings_trained_on_everybody(
    plain_run: Path, dataset: Dataset, model: str, seen: list[list[str]]
) -> None:
    run = read_recorded_run(plain_run, model)
    steps: list[tuple[int, int]] = []
    fitted = fit_members(dataset, run, progress=lambda *step: steps.append(step))
    assert [[one.name for one in member.features] for member in fitted.members] == seen
    assert steps == [(number, len(seen)) for number in range(1, len(seen) + 1)]
    assert (fitted.temperature, fitted.clip_rule) == (1.0, run.clip_rule)
    for member in fitted.members:
        assert (member.name, member.temperature) == ("logistic", 1.0)
        assert (member.settings["C"], member.settings["seed"]) == (0.3, 5)


@pytest.mark.parametrize("model", ["tiny+other/logistic", "tiny+other/logistic-mean"])
def test_the_same_training_on_a_folds_patients_says_what_the_run_recorded(
    plain_run: Path, dataset: Dataset, model: str
) -> None:
    run = read_recorded_run(plain_run, model)
    members = fit_members(dataset, run).members
    for split in read_folds(plain_run / "folds.csv", dataset.frames):
        heads = [
            fit_on(dataset, one.features, HeadChoice(one.name, one.settings), split.train)
            for one in members
        ]
        said = np.mean(
            [
                answer(one, dataset, split.test, head)
                for one, head in zip(members, heads, strict=True)
            ],
            axis=0,
        )
        np.testing.assert_allclose(said, recorded(run, dataset, split.test), atol=1e-6)


def combined(fitted: FittedMembers, dataset: Dataset, rows: NDArray[np.int64]) -> _Float:
    mean = np.mean([answer(member, dataset, rows) for member in fitted.members], axis=0)
    return Temperature(fitted.temperature).apply(mean)


@pytest.mark.parametrize(("way", "members"), [("best", 1), ("average", 5)])
def test_what_is_chosen_on_everybody_is_chosen_trained_and_joined_as_in_a_fold(
    chosen_run: Path, dataset: Dataset, way: str, members: int
) -> None:
    # the run's own rule, of which nothing may come through
    other = Rule.parse("highest-in-5%")
    run = replace(read_recorded_run(chosen_run, f"selected/{way}"), clip_rule=other)
    fitted = fit_members(dataset, run)
    assert fitted.clip_rule != other
    assert len(fitted.members) == members
    everyone = np.arange(len(dataset.frames))
    # a split that trains on everybody, and is asked about copies of the same frames
    copies = dataset.frames["digest"] + " copied"
    copied = replace(dataset, frames=dataset.frames.assign(digest=copies))
    split = Split(1, 1, everyone, everyone + len(everyone))
    joined = JoinedDatasets((dataset, copied), ("", "copied"))
    selection = recorded_selection(run.config)
    found = {one.name: one for one in select_and_train(joined, split, selection)}
    rows = found[run.model].rows
    table = pd.DataFrame(rows)
    assert set(table["rule"]) == {fitted.clip_rule.name}
    assert table["temperature"].tolist() == [round(one.temperature, 4) for one in fitted.members]
    assert set(table["mean_temperature"]) == {round(fitted.temperature, 4)}
    np.testing.assert_allclose(
        combined(fitted, dataset, everyone), found[run.model].probabilities, atol=1e-6
    )


def test_where_frames_are_labelled_clips_are_scored_as_the_run_has_scored_them(
    tmp_path: Path,
) -> None:
    def brighter_at_the_end(score: int, frames: int, *, seed: int) -> NDArray[np.uint8]:
        return np.concatenate([bright(score, frames - 1, seed=seed), bright(3, 1, seed=seed)])

    frames = make_ground(tmp_path, label_level="frame", film=brighter_at_the_end)
    grids: dict[str, Grid] = {"logistic": {"C": (0.1,)}}
    folder = frames.run(
        "chosen", nested=NestedCV(("best",), (HeadChoice("logistic"),), grids, folds=2),
        clip_rule=Rule.parse("worst"), folds=2,
    )  # fmt: skip
    run = read_recorded_run(folder)
    fitted = fit_members(frames.labelled().dataset, run)
    clips = pd.read_csv(folder / "clips.csv")
    mine = clips[clips["model"] == run.model]
    scores, asked_for = (
        HeldOutClips.of(run.predictions, rule).decide()[0].tolist()
        for rule in (fitted.clip_rule, Rule.parse("worst"))
    )
    assert scores == mine["prediction"].tolist()
    # void if it made no difference; where the run keeps to what was asked for, it makes none
    assert scores != asked_for or fitted.clip_rule.name == "worst"
