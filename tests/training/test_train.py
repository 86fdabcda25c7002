from __future__ import annotations

import re
import shutil
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from backbone_maker import write_tiny_backbone
from ground import PATIENT, Ground, make_ground, same_but_for_id
from lusscore.bundle import Bundle, read_bundle, to_files, write_bundle
from lusscore.errors import FeatureFileError, HeadError, RunError
from lusscore.evaluation import HeadTable
from lusscore.evaluation.models import HeadChoice
from lusscore.evaluation.predictions import PROBABILITIES
from lusscore.evaluation.rules import Rule
from lusscore.training.calibration import calibrate
from lusscore.training.fit_members import fit_members
from lusscore.training.held_out_clips import HeldOutClips
from lusscore.training.recorded_run import RecordedRun, read_recorded_run
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
    familiar = bundle.familiar
    return (
        bundle.temperature, bundle.least_confidence, bundle.coverage,
        familiar.limit, familiar.rest, bundle.card["Calibration and review"],
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


def test_what_was_said_of_held_out_patients_changes_them(run: RecordedRun, ground: Ground) -> None:
    shy = run.predictions.copy()
    shy[list(PROBABILITIES)] = 0.5 * shy[list(PROBABILITIES)] + 0.125
    before, after = (ground.train(each) for each in (run, replace(run, predictions=shy)))
    assert after.temperature < before.temperature
    np.testing.assert_array_equal(on_training_data(before, ground), on_training_data(after, ground))


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


def test_rules_are_the_runs(ground: Ground) -> None:
    folder = ground.run(
        "rules", clip_rule=Rule.parse("mean-probability"), zone_rule=Rule.parse("worst")
    )
    bundle = ground.train(folder)
    assert (bundle.clip_rule.name, bundle.zone_rule.name) == ("mean-probability", "worst")


@pytest.mark.parametrize("model", ["tiny+other/logistic", "tiny+other/logistic-mean"])
def test_all_networks_of_the_model_and_no_other_are_in_the_bundle(
    plain_run: Path, ground: Ground, model: str
) -> None:
    bundle = ground.train(plain_run, model)
    assert list(bundle.networks) == ["tiny", "other"]
    assert bundle.familiar.mean.shape == (16,)


@pytest.mark.slow
def test_the_same_training_gives_the_same_bytes_on_any_number_of_jobs(
    chosen_run: Path, ground: Ground
) -> None:
    bundles = [ground.train(chosen_run, "average", jobs=jobs) for jobs in (1, 2)]
    first, second = (to_files(same_but_for_id(bundle)) for bundle in bundles)
    assert first == second
    assert bundles[0].id != bundles[1].id


def test_it_is_the_same_with_networks_that_were_kept_from_before(
    run: RecordedRun, ground: Ground, tmp_path: Path
) -> None:
    bundles = [ground.train(run, cache=cache) for cache in (None, tmp_path, tmp_path)]
    first, *others = (to_files(same_but_for_id(bundle)) for bundle in bundles)
    assert all(other == first for other in others)


def test_another_name_is_another_bundle(run: RecordedRun, ground: Ground) -> None:
    one, other = (
        to_files(same_but_for_id(ground.train(run, name=name))) for name in ("one", "other")
    )
    assert one != other


def test_it_says_the_same_once_it_was_written_and_read(
    chosen_run: Path, ground: Ground, tmp_path: Path
) -> None:
    bundle = ground.train(chosen_run, "average")
    written = write_bundle(bundle, tmp_path / "bundle")
    read = read_bundle(tmp_path / "bundle")
    assert read.digest == written.digest
    assert to_files(same_but_for_id(read)) == to_files(same_but_for_id(bundle))


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


def test_a_run_of_other_labels_is_refused(run: RecordedRun, tmp_path: Path) -> None:
    other = make_ground(tmp_path, backbones=("tiny", "other"), score=lambda patient, zone: zone)
    with pytest.raises(RunError, match="manifest of cohort bright has changed"):
        other.train(run)


def test_two_patients_are_too_few_to_know_what_is_unlike_them(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, 2, score=lambda patient, zone: zone)
    with pytest.raises(HeadError, match="2 labelled patients cannot tell .* at least 3"):
        ground.train(ground.run("two", folds=2))


def test_frames_that_are_labelled_one_by_one_are_trained_on(tmp_path: Path) -> None:
    ground = make_ground(tmp_path, 8, label_level="frame")
    bundle = ground.train(ground.run("frames", HeadChoice("ordinal")))
    assert bundle.label_level == "frame"
    assert not any("weak labels" in line for line in bundle.card["Limitations"])
