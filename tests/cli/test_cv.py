from __future__ import annotations

import hashlib
import json
from pathlib import Path

import click
import pytest
import tomlkit

from backbone_maker import write_tiny_backbone
from cohort_maker import Lusscore, MakeCohort
from lusscore.cli.cv import command
from lusscore.cohort import Cohort
from lusscore.evaluation.crossval import CRITERIA
from lusscore.evaluation.models import COMBINATIONS, STRATEGIES
from lusscore.heads import head_names, head_summary


@pytest.fixture
def extracted(lusscore: Lusscore, make_cohort: MakeCohort, tiny_backbone: Path) -> Cohort:
    cohort = make_cohort(8)
    assert lusscore("features", "tiny", "-b", tiny_backbone).exit_code == 0
    return cohort


@pytest.mark.slow
def test_a_run_writes_every_file_of_the_design(
    lusscore: Lusscore, extracted: Cohort, tiny_backbone: Path
) -> None:
    result = lusscore("cv", "tiny", "-b", tiny_backbone, "--run", "first")
    assert result.exit_code == 0
    assert "tiny/softmax" in result.output
    assert "baseline/majority" in result.output
    clips, frames = (result.output.index(f"Held-out {level}s") for level in ("clip", "frame"))
    assert clips < frames < result.output.index("weak labels: one score per clip")
    assert frames < result.output.index("Global scores of exams")
    metrics = json.loads(Path("results/tiny/first/metrics.json").read_text(encoding="utf-8"))
    low, high = metrics["levels"]["clip"]["tiny/softmax"]["interval"]["accuracy"]
    assert f"{low:.2f} to {high:.2f}" in result.output
    run = Path("results/tiny/first")
    for name in (
        "config.toml", "folds.csv", "predictions.csv", "clips.csv", "zones.csv", "exams.csv",
        "metrics.json", "report.html", "tables/training.csv",
    ):  # fmt: skip
        assert (run / name).stat().st_size > 0, name
    assert list((run / "figures").glob("*.png"))
    assert list((run / "figures").glob("*.svg"))
    assert "Research use only" in (run / "report.html").read_text(encoding="utf-8")


def test_a_run_is_named_by_a_name_and_not_by_a_place(
    lusscore: Lusscore, extracted: Cohort, tiny_backbone: Path
) -> None:
    for name in ("", "a/b", "../x", str(Path.cwd() / "x")):
        result = lusscore("cv", "tiny", "-b", tiny_backbone, "--run", name)
        assert result.exit_code == 2
        assert "is not allowed; expected up to 100 letters" in " ".join(result.output.split())
    assert not Path("results").exists()


@pytest.mark.slow
def test_the_same_command_gives_the_same_predictions(
    lusscore: Lusscore, extracted: Cohort, tiny_backbone: Path
) -> None:
    for name in ("a", "b"):
        lusscore("cv", "tiny", "-b", tiny_backbone, "--run", name)
    for file in ("predictions.csv", "folds.csv", "metrics.json", "exams.csv"):
        a, b = (Path("results/tiny", name, file).read_bytes() for name in ("a", "b"))
        assert a == b, file


@pytest.mark.slow
def test_another_head_setting_computes_no_embedding(
    lusscore: Lusscore, extracted: Cohort, tiny_backbone: Path
) -> None:
    file = Path("features/tiny/tiny.h5")
    before = hashlib.sha256(file.read_bytes()).hexdigest(), file.stat().st_mtime_ns
    lusscore("cv", "tiny", "-b", tiny_backbone, "--run", "a")
    result = lusscore(
        "cv", "tiny", "-b", tiny_backbone, "--set", "epochs=5", "--set", "dropout=0.2", "--json"
    )
    assert json.loads(result.stdout)["models"] == ["tiny/softmax", "tiny/recommended"]
    assert (hashlib.sha256(file.read_bytes()).hexdigest(), file.stat().st_mtime_ns) == before
    runs = sorted(path.name for path in Path("results/tiny").iterdir())
    assert runs[0].startswith("3fold-softmax-")
    assert runs[1] == "a"
    assert "dropout = 0.2" in Path("results/tiny", runs[0], "config.toml").read_text()


@pytest.mark.slow
def test_saved_folds_are_used_again_and_checked(
    lusscore: Lusscore, extracted: Cohort, tiny_backbone: Path
) -> None:
    lusscore("cv", "tiny", "-b", tiny_backbone, "--run", "a", "--seed", 4, "--folds", 2)
    folds = Path("results/tiny/a/folds.csv")
    lusscore("cv", "tiny", "-b", tiny_backbone, "--run", "b", "--folds-file", folds)
    assert Path("results/tiny/b/folds.csv").read_bytes() == folds.read_bytes()
    folds.write_text(folds.read_text().replace("p3", "p4"))
    result = lusscore("cv", "tiny", "-b", tiny_backbone, "--folds-file", folds)
    assert result.exit_code == 2
    assert "patient 'p3' is in no fold" in result.output


@pytest.mark.slow
def test_an_existing_run_of_other_settings_is_not_replaced_unasked(
    lusscore: Lusscore, extracted: Cohort, tiny_backbone: Path
) -> None:
    asked = ("cv", "tiny", "-b", tiny_backbone, "--head", "logistic", "--run", "a")
    lusscore(*asked)
    other = lusscore(*asked, "--set", "C=0.5")
    assert other.exit_code == 2
    assert "--overwrite" in other.output
    assert lusscore(*asked, "--set", "C=0.5", "--overwrite").exit_code == 0


@pytest.mark.slow
def test_a_run_is_made_again_when_its_inputs_change(
    lusscore: Lusscore, extracted: Cohort, tiny_backbone: Path
) -> None:
    asked = ("cv", "tiny", "-b", tiny_backbone, "--head", "logistic", "--run", "a")
    metrics = Path("results/tiny/a/metrics.json")
    assert lusscore(*asked).exit_code == 0
    made = metrics.stat().st_mtime_ns
    assert lusscore(*asked).exit_code == 0
    assert metrics.stat().st_mtime_ns == made
    manifest = extracted.folder / "manifest.csv"
    manifest.write_text(manifest.read_text().replace(",1,R1,0,", ",1,R1,1,"))
    assert lusscore(*asked).exit_code == 0
    assert metrics.stat().st_mtime_ns != made


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--folds", 9], "8 patients cannot fill 9 folds"),
        (["--folds", 1], "expected at least 2"),
        (["--head", "forest"], "Unknown head 'forest'"),
        (["-b", "vgg16"], "there is no feature file"),
        (["--head", "logistic", "--set", "depth=3"], "no setting 'depth'; logistic has C, class"),
        (["--head", "logistic", "--set", "mil.epochs=3"], "head of this run (logistic)"),
        (["--head", "logistic", "--set", "C"], "--set C cannot be read; expected key=value"),
        (["--head", "logistic", "--set", "C=high"], "'high' is not a number"),
        (["--head", "mil", "--set", "epochs=2.5"], "'2.5' is not a whole number"),
        (["--head", "svm", "--set", "variants=perhaps"], "'perhaps' is not true or false"),
        (
            ["--head", "svm", "--set", "C=-1"],
            "C of head svm cannot be -1.0; expected a number above 0.",
        ),
        (["--head", "mil", "--head", "mil"], "Head mil is named twice"),
        (["--combine", "mean"], "nothing to combine it with"),
        (
            ["--set", "epochs=0"],
            "epochs of head softmax cannot be 0; expected a whole number from 1.",
        ),
        (["--set", "dropout=5"], "cannot be 5.0; expected a number from 0 to below 1."),
        (["--set", "optimizer=best"], "cannot be best; expected one of adam, adamw, rmsprop, sgd."),
        (["--grid", "C=0.1,1"], "--grid needs --select"),
        (["--criterion", "accuracy"], "--criterion needs --select"),
        (["--inner-folds", "3"], "--inner-folds needs --select"),
        (["--select", "best", "--head", "svm", "--grid", "depth=1,2"], "no setting 'depth'"),
        (["--select", "best", "--head", "svm", "--grid", "C=0.1,x"], "'x' is not a number"),
        (["--select", "best", "--head", "svm", "--grid", "C=0.1,-1"], "cannot be -1"),
        (["--levels", "16.mean"], "does not hold the level 16.mean"),
        (["--levels", "16.wide"], "The embedding itself is called embedding"),
        (["--clip-rule", "fair"], "Unknown rule 'fair'"),
    ],
)
def test_what_cannot_run_is_a_sentence_and_exit_code_2(
    lusscore: Lusscore, extracted: Cohort, tiny_backbone: Path, arguments: list[object], told: str
) -> None:
    result = lusscore("cv", "tiny", "-b", tiny_backbone, *arguments)
    assert result.exit_code == 2
    assert told in " ".join(result.output.split())
    assert not Path("results").exists()


def test_a_feature_file_of_other_settings_is_refused_with_the_mend(
    lusscore: Lusscore, extracted: Cohort, tiny_backbone: Path
) -> None:
    card = extracted.folder / "cohort.toml"
    card.write_text(card.read_text().replace("variants = 2", "variants = 1"))
    result = lusscore("cv", "tiny", "-b", tiny_backbone)
    assert result.exit_code == 2
    assert "variants is 2, needed 1; run 'lusscore features tiny" in result.output


def test_a_file_of_an_onnx_backbone_needs_no_name(lusscore: Lusscore, extracted: Cohort) -> None:
    result = lusscore("cv", "tiny", "--head", "logistic", "--folds", 2)
    assert result.exit_code == 0, result.output


@pytest.mark.slow
def test_skipped_clips_make_the_exit_code_1(
    lusscore: Lusscore, make_cohort: MakeCohort, tiny_backbone: Path
) -> None:
    cohort = make_cohort(8, name="holes")
    cohort.clip_path(cohort.clips()[0]).write_bytes(b"")
    assert lusscore("features", "holes", "-b", tiny_backbone).exit_code == 1
    result = lusscore("cv", "holes", "-b", tiny_backbone, "--run", "a")
    assert result.exit_code == 1
    assert "1 clips have no embeddings" in result.output
    assert "0 bytes" in Path("results/holes/a/report.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_rule_is_recorded_and_makes_another_run(
    lusscore: Lusscore, extracted: Cohort, tiny_backbone: Path
) -> None:
    for arguments in ((), ("--clip-rule", "worst", "--zone-rule", "expected")):
        assert lusscore("cv", "tiny", "-b", tiny_backbone, *arguments).exit_code == 0
    runs = sorted(Path("results/tiny").iterdir())
    assert len(runs) == 2
    rules = [
        dict(tomlkit.parse((run / "config.toml").read_text(encoding="utf-8"))["evaluation"])
        for run in runs
    ]
    assert {"clip_rule": "worst", "zone_rule": "expected"} in rules
    assert {"clip_rule": "majority", "zone_rule": "majority"} in rules


@pytest.mark.slow
def test_several_heads_and_their_settings_make_one_run(
    lusscore: Lusscore, extracted: Cohort, tiny_backbone: Path
) -> None:
    result = lusscore(
        "cv", "tiny", "-b", tiny_backbone, "--run", "a", "--head", "logistic", "--head", "softmax",
        "--head", "mil", "--set", "C=0.1", "--set", "mil.epochs=2", "--set",
        "class_weight=balanced", "--set", "softmax.epochs=1",
    )  # fmt: skip
    assert result.exit_code == 0
    for model in ("tiny/softmax", "tiny/logistic", "tiny/mil"):
        assert model in result.output
    config = tomlkit.parse(Path("results/tiny/a/config.toml").read_text(encoding="utf-8"))
    assert config["models"] == ["tiny/softmax", "tiny/logistic", "tiny/mil"]
    first, (logistic, mil) = config["head"], config["more_heads"]
    assert (first["name"], first["epochs"], first["class_weight"]) == ("softmax", 1, "balanced")
    assert (logistic["name"], logistic["C"]) == ("logistic", 0.1)
    assert (mil["name"], mil["epochs"], mil["class_weight"]) == ("mil", 2, "balanced")
    metrics = json.loads(Path("results/tiny/a/metrics.json").read_text(encoding="utf-8"))
    assert metrics["models"] == ["tiny/softmax", "tiny/logistic", "tiny/mil"]
    report = Path("results/tiny/a/report.html").read_text(encoding="utf-8")
    assert report.count("<h3>Additional head</h3>") == 2


@pytest.mark.slow
def test_two_backbones_are_combined(
    lusscore: Lusscore, extracted: Cohort, tiny_backbone: Path, tmp_path: Path
) -> None:
    other = write_tiny_backbone(tmp_path / "other.onnx")
    assert lusscore("features", "tiny", "-b", other).exit_code == 0
    result = lusscore(
        "cv", "tiny", "-b", tiny_backbone, "-b", other, "--head", "logistic", "--combine", "mean",
        "--combine", "concatenate",
    )  # fmt: skip
    assert result.exit_code == 0
    assert "tiny+other/logistic" in result.output
    assert "tiny+other/logistic-mean" in result.output


def test_help_lists_every_head_with_what_it_is(lusscore: Lusscore) -> None:
    told = " ".join(lusscore("cv", "--help").output.split())
    for name in head_names():
        assert f"{name} {head_summary(name)}" in told
    assert "C=1.0, class_weight=none" in told


def test_the_combinations_offered_are_those_there_are() -> None:
    """They are written out in the command, which imports no room before it runs."""
    (offered,) = [option.type for option in command.params if option.name == "combine"]
    assert isinstance(offered, click.Choice)
    assert tuple(offered.choices) == COMBINATIONS


@pytest.mark.slow
def test_what_is_chosen_inside_stands_beside_the_papers_head_and_is_recorded(
    lusscore: Lusscore, make_cohort: MakeCohort, tiny_backbone: Path
) -> None:
    make_cohort(16)
    assert lusscore("features", "tiny", "-b", tiny_backbone).exit_code == 0
    result = lusscore(
        "cv", "tiny", "-b", tiny_backbone, "--run", "chosen", "--folds", "2",
        "--select", "best", "--select", "average",
        "--head", "logistic", "--head", "ordinal",
        "--grid", "C=0.01,1", "--grid", "logistic.pooling=mean", "--inner-folds", "2",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    run = Path("results/tiny/chosen")
    config = tomlkit.parse((run / "config.toml").read_text(encoding="utf-8"))
    assert list(config["models"]) == ["tiny/softmax", "selected/best", "selected/average"]
    # 2 strengths of logistic with the mean, 2 of ordinal with two poolings each
    assert len(config["selection"]["candidates"]) == 2 + 4
    rows = [
        line.split(",")
        for line in (run / "tables/selection.csv").read_text(encoding="utf-8").splitlines()
    ]
    chosen = {row[4] for row in rows[1:]}
    assert chosen <= {"tiny/logistic", "tiny/ordinal"}
    assert [row[0] for row in rows].count("selected/best") == 2
    assert '<section id="selection">' in (run / "report.html").read_text(encoding="utf-8")


def test_the_criteria_offered_are_those_there_are() -> None:
    (offered,) = (each for each in command.params if each.name == "criterion")
    assert isinstance(offered.type, click.Choice)
    assert set(offered.type.choices) == set(CRITERIA)
    (strategies,) = (each for each in command.params if each.name == "select")
    assert isinstance(strategies.type, click.Choice)
    assert set(strategies.type.choices) == set(STRATEGIES)


@pytest.mark.slow
def test_a_cohort_is_tested_by_heads_trained_on_another(
    lusscore: Lusscore, make_cohort: MakeCohort, tiny_backbone: Path
) -> None:
    for name, frames in (("here", 5), ("more", 4), ("there", 6)):
        make_cohort(5, name=name, frames=frames)
        assert lusscore("features", name, "-b", tiny_backbone).exit_code == 0
    result = lusscore(
        "cv", "--train", "here", "--train", "more", "--test", "there", "-b", tiny_backbone,
        "--head", "logistic",
    )  # fmt: skip
    assert result.exit_code == 0
    assert "Clips of the test cohort" in result.output
    (run,) = Path("results/there").iterdir()
    assert run.name.startswith("external-logistic-")
    report = (run / "report.html").read_text(encoding="utf-8")
    assert "External validation of lung ultrasound severity scores" in report
    assert report.count("<h3>Trained on</h3>") == 2
    training = (run / "tables" / "training.csv").read_text(encoding="utf-8").splitlines()
    assert training[1].startswith("tiny/logistic,1,1,10,90,5,60,")


def test_who_is_held_out_is_said_in_one_way(
    lusscore: Lusscore, extracted: Cohort, tiny_backbone: Path
) -> None:
    both = ["--train", "tiny", "--test", "tiny"]
    for arguments, expected in (
        (["tiny", "--leave-out", "device"], "the device of 8 of 8 patients is not known"),
        (["tiny", "--leave-out", "group", "--folds", 3], "leave out --folds."),
        (["tiny", "--leave-out", "group", "--repeats", 1], "leave out --repeats."),
        (["tiny", *both], "Leave out the argument 'tiny'"),
        (["--train", "tiny"], "--train and --test belong together"),
        (["--test", "tiny"], "--train and --test belong together"),
        ([], "Name the COHORT, or two of them with --train and --test."),
        ([*both, "--folds", 3], "leave out --folds."),
        ([*both, "--leave-out", "group"], "leave out --train."),
        (both, "cohort tiny is named 2 times"),
        (["--train", "none", "--test", "tiny"], "there is no cohort"),
    ):
        result = lusscore("cv", *arguments, "-b", tiny_backbone)
        assert result.exit_code == 2
        assert expected in " ".join(result.output.split())
    assert not Path("results").exists()


def test_cohorts_without_a_backbone_in_common_get_a_sentence(
    lusscore: Lusscore, extracted: Cohort, make_cohort: MakeCohort, tmp_path: Path
) -> None:
    make_cohort(2, name="other")
    (tmp_path / "features" / "other").mkdir()
    (tmp_path / "features" / "other" / "xception.h5").touch()
    result = lusscore("cv", "--train", "other", "--test", "tiny")
    assert result.exit_code == 2
    told = " ".join(result.output.split())
    assert "no backbone has a feature file for all cohorts" in told
    assert "other has xception" in told
