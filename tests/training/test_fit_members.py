from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from ground import Ground, bright, make_ground
from lusscore.bundle import Member
from lusscore.cohort import Split, read_folds
from lusscore.evaluation import HeadTable
from lusscore.evaluation.dataset import Dataset, JoinedDatasets
from lusscore.evaluation.models import HeadChoice
from lusscore.evaluation.predictions import PROBABILITIES
from lusscore.evaluation.recorded_models import recorded_selection
from lusscore.evaluation.rules import Rule
from lusscore.evaluation.selection.choosing import Choosing
from lusscore.evaluation.selection.grids import Grid
from lusscore.evaluation.selection.nested import select_and_train
from lusscore.evaluation.train_head import fit_on
from lusscore.head import head_defaults, make_head
from lusscore.head.temperature import Temperature
from lusscore.training.fit_members import FittedMembers, fit_members
from lusscore.training.held_out_clips import HeldOutClips
from lusscore.training.recorded_run import RecordedRun, read_recorded_run
from run_maker import changed

_Float = NDArray[np.float64]


@pytest.fixture(scope="module")
def dataset(ground: Ground) -> Dataset:
    return ground.labelled().dataset


def answer(
    member: Member, dataset: Dataset, rows: NDArray[np.int64], head: object = None
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
    everyone = np.arange(len(dataset.frames))
    truth = dataset.frames["truth"].to_numpy()
    for member in fitted.members:
        assert member.name == "logistic"
        assert member.settings["C"] == 0.3
        assert member.settings["seed"] == 5
        assert member.temperature == 1.0
        by_hand = make_head("logistic", **member.settings)
        by_hand.fit(dataset.embeddings(member.features, everyone), truth)
        np.testing.assert_allclose(
            answer(member, dataset, everyone),
            answer(member, dataset, everyone, by_hand),
            atol=1e-6,
        )


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
    columns = ("place", "model", "settings", "rule", "own", "mean")
    table = pd.DataFrame([row[3:9] for row in rows], columns=columns)
    assert set(table["rule"]) == {fitted.clip_rule.name}
    assert table["own"].tolist() == [round(one.temperature, 4) for one in fitted.members]
    assert set(table["mean"]) == {round(fitted.temperature, 4)}
    np.testing.assert_allclose(
        combined(fitted, dataset, everyone), found[run.model].probabilities, atol=1e-6
    )


def test_the_candidates_are_the_runs_whatever_their_results(
    chosen_run: Path, dataset: Dataset
) -> None:
    run = read_recorded_run(chosen_run, "average")
    # 2 of logistic and 1 of ordinal, each on two networks
    candidates = recorded_selection(run.config).candidates
    assert len(candidates) == 6
    known = {(one.name, tuple(sorted(one.head.settings.items()))) for one in candidates}
    for member in fit_members(dataset, run).members:
        name = f"{'+'.join(one.name for one in member.features)}/{member.name}"
        assert (name, tuple(sorted(member.settings.items()))) in known


def test_a_rule_that_was_given_and_not_chosen_is_kept(ground: Ground, dataset: Dataset) -> None:
    folder = ground.run("worst", clip_rule=Rule.parse("worst"))
    assert fit_members(dataset, read_recorded_run(folder)).clip_rule.name == "worst"


def test_the_papers_head_trained_twice_is_the_same_head(plain_run: Path, dataset: Dataset) -> None:
    run = read_recorded_run(plain_run, "tiny/logistic")
    settings = head_defaults("softmax") | {"name": "softmax", "epochs": 1, "seed": 5}
    paper = replace(changed(run, head=HeadTable(**settings)), model="tiny/softmax")
    rows = np.arange(len(dataset.frames))
    first, second = (
        answer(fit_members(dataset, paper).members[0], dataset, rows) for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)
    other = changed(paper, head=HeadTable(**(settings | {"seed": 6})))
    assert not np.array_equal(first, answer(fit_members(dataset, other).members[0], dataset, rows))


def test_where_frames_are_labelled_clips_are_scored_as_the_run_has_scored_them(
    tmp_path: Path,
) -> None:
    def brighter_at_the_end(score: int, frames: int, *, seed: int) -> NDArray[np.uint8]:
        return np.concatenate([bright(score, frames - 1, seed=seed), bright(3, 1, seed=seed)])

    frames = make_ground(tmp_path, label_level="frame", film=brighter_at_the_end)
    grids: dict[str, Grid] = {"logistic": {"C": (0.1,)}}
    folder = frames.run(
        "chosen", choosing=Choosing(("best",), (HeadChoice("logistic"),), grids, folds=2),
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
