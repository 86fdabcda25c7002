from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from clip_maker import write_video
from ground import Ground, bright, make_ground
from lusscore.cli import main
from lusscore.errors import RunError
from lusscore.evaluation.dataset import LabelledCohort
from lusscore.evaluation.rules import Rule
from lusscore.evaluation.run_config import read_config, write_config
from lusscore.models import RecordedRun, read_recorded_run
from lusscore.models.recorded_run import check_same_data
from run_maker import changed


def copy(run: Path, to: Path) -> Path:
    return Path(shutil.copytree(run, to / "copy"))


def test_without_a_name_it_is_the_first_model_whatever_the_numbers(
    plain_run: Path, tmp_path: Path
) -> None:
    run = copy(plain_run, tmp_path)
    metrics = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    for level in metrics["levels"].values():
        for number, model in enumerate(metrics["models"]):
            pooled = level[model]["pooled"]
            pooled.update(dict.fromkeys(pooled, number / 3))
    (run / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    assert len(metrics["models"]) == 4
    assert read_recorded_run(run).model == metrics["models"][0] == "tiny/logistic"


def test_it_has_the_models_own_predictions_and_the_runs_rules(ground: Ground) -> None:
    run = ground.run(
        "rules", clip_rule=Rule.parse("mean-probability"), zone_rule=Rule.parse("worst")
    )
    found = read_recorded_run(run, "other/logistic")
    assert set(found.predictions["model"]) == {"other/logistic"}
    assert len(found.predictions) == 12 * 2 * 4
    assert (found.clip_rule.name, found.zone_rule.name) == ("mean-probability", "worst")


def test_a_model_is_named_whole_or_by_what_tells_it_from_others(chosen_run: Path) -> None:
    for wanted, model in (
        ("average", "selected/average"),
        ("selected/best", "selected/best"),
        ("other", "other/logistic"),
    ):
        assert read_recorded_run(chosen_run, wanted).model == model
    for wanted, told in (("selected", "several models"), ("svm", "no model")):
        with pytest.raises(RunError, match=f"{told} that '{wanted}' names; expected one of tiny/"):
            read_recorded_run(chosen_run, wanted)


def test_an_external_validation_is_refused(plain_run: Path, tmp_path: Path) -> None:
    run = copy(plain_run, tmp_path)
    config = read_config(run)
    write_config(run, config.model_copy(update={"trained_on": (config.cohort,)}))
    with pytest.raises(RunError, match="external validation, which holds out a whole cohort"):
        read_recorded_run(run)


def test_what_is_no_run_or_is_not_whole_is_refused(plain_run: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="there is no run"):
        read_recorded_run(tmp_path / "none")
    run = copy(plain_run, tmp_path)
    config = run / "config.toml"
    text = config.read_text(encoding="utf-8")
    for file, content, told in (
        (config, text.replace("models = [", "unknown = ["), "records no models"),
        (config, text.replace('models = ["', 'models = ["tiny/gone", "'), "no predictions of tiny"),
        (run / "metrics.json", "{", "no predictions of tiny"),
    ):
        file.write_text(content, encoding="utf-8")
        with pytest.raises(RunError, match=told):
            read_recorded_run(run)
    config.write_text(text, encoding="utf-8")
    for name, told in (
        ("metrics.json", "lacks metrics.json"),
        ("predictions.csv", "no predictions"),
    ):
        (run / name).unlink()
        with pytest.raises(RunError, match=told):
            read_recorded_run(run)


@pytest.fixture(scope="module")
def run(plain_run: Path) -> RecordedRun:
    return read_recorded_run(plain_run)


@pytest.fixture
def moved(ground: Ground, tmp_path: Path) -> Ground:
    """The same cohort at a place where it may be changed."""
    for folder in ("data", "features"):
        shutil.copytree(ground.root / folder, tmp_path / folder)
    for name in ground.backbones:
        shutil.copy(ground.root / f"{name}.onnx", tmp_path)
    return replace(ground, root=tmp_path)


def check(run: RecordedRun, labelled: LabelledCohort) -> None:
    check_same_data(run, labelled, tuple(labelled.dataset.backbones))


def test_the_cohort_as_it_was_is_accepted_wherever_it_lies(
    run: RecordedRun, ground: Ground, moved: Ground
) -> None:
    check(run, ground.labelled())
    check(run, moved.labelled())


def test_another_cohort_is_refused(run: RecordedRun, tmp_path: Path) -> None:
    other = make_ground(tmp_path, 2, name="elsewhere", backbones=("tiny", "other"))
    with pytest.raises(RunError, match="is a run of cohort bright, not of elsewhere"):
        check(run, other.labelled())


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("manifest.csv", ",R1,0,", ",R1,3,", "manifest of cohort bright has changed"),
        (
            "cohort.toml",
            "soldati-2020",
            "lung-ultrasound-score",
            r"another rubric .*\(soldati-2020",
        ),
    ],
)
def test_changed_labels_and_cards_are_refused(
    run: RecordedRun, moved: Ground, file: str, old: str, new: str, told: str
) -> None:
    path = moved.root / "data" / "bright" / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(RunError, match=told):
        check(run, moved.labelled())


def test_embeddings_of_another_network_of_that_name_are_refused(
    run: RecordedRun, moved: Ground
) -> None:
    shutil.copy(moved.root / "other.onnx", moved.root / "tiny.onnx")
    (moved.features / "bright" / "tiny.h5").unlink()
    arguments = ("-b", moved.root / "tiny.onnx")
    texts = [str(each) for each in ("features", "bright", *arguments, *moved.places[:4])]
    assert CliRunner().invoke(main, texts).exit_code == 0
    with pytest.raises(RunError, match=r"made from other embeddings of tiny than"):
        check(run, moved.labelled())


def test_a_clip_that_was_replaced_by_one_of_as_many_frames_is_noticed(
    run: RecordedRun, moved: Ground
) -> None:
    clip = moved.cohort.folder / moved.cohort.segments[0].clip
    before = clip.read_bytes()
    write_video(clip, bright(3, seed=99))
    assert clip.read_bytes() != before
    texts = [str(each) for each in ("features", "bright", *moved.named, *moved.places[:4])]
    assert CliRunner().invoke(main, texts).exit_code == 0
    with pytest.raises(RunError, match="clips of other content than cohort bright has"):
        check(run, moved.labelled())


def test_clips_that_could_not_be_read_when_the_run_was_made_are_noticed(
    run: RecordedRun, ground: Ground
) -> None:
    labelled = ground.labelled()
    clips = labelled.dataset.frames["clip"].to_numpy()
    without = replace(run, predictions=run.predictions[run.predictions["clip"] != clips[0]])
    with pytest.raises(RunError, match="from 92 labelled frames, .* now has 92, and 96 in all"):
        check(without, labelled)
    fewer = replace(labelled, dataset=labelled.dataset.only(clips != clips[0]))
    with pytest.raises(RunError, match="from 96 labelled frames, .* now has 92, and 92 in all"):
        check(run, fewer)
    check(changed(without, cohort={"media_digest": fewer.dataset.media_digest}), fewer)


def test_frames_that_leaving_out_a_device_did_not_test_are_no_change(
    run: RecordedRun, ground: Ground
) -> None:
    some = changed(run, cross_validation={"leave_out": "device"})
    check(replace(some, predictions=run.predictions[8:]), ground.labelled())
