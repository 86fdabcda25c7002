import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import tomlkit
from click.testing import Result

from lusscore.cohort import Cohort


@pytest.mark.slow
def test_a_run_writes_every_file_of_the_design(
    lusscore: Callable[..., Result], extracted: Cohort, tiny_backbone: Path
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
    lusscore: Callable[..., Result], extracted: Cohort, tiny_backbone: Path
) -> None:
    for name in ("", "a/b", "../x", str(Path.cwd() / "x")):
        result = lusscore("cv", "tiny", "-b", tiny_backbone, "--run", name)
        assert result.exit_code == 2
        assert "is not allowed; expected up to 100 letters" in " ".join(result.output.split())
    assert not Path("results").exists()


@pytest.mark.slow
def test_the_same_command_gives_the_same_predictions(
    lusscore: Callable[..., Result], extracted: Cohort, tiny_backbone: Path
) -> None:
    for name in ("a", "b"):
        lusscore("cv", "tiny", "-b", tiny_backbone, "--run", name)
    for file in ("predictions.csv", "folds.csv", "metrics.json", "exams.csv"):
        a, b = (Path("results/tiny", name, file).read_bytes() for name in ("a", "b"))
        assert a == b, file


@pytest.mark.slow
def test_another_head_setting_computes_no_embedding(
    lusscore: Callable[..., Result], extracted: Cohort, tiny_backbone: Path
) -> None:
    file = Path("features/tiny/tiny.h5")
    before = hashlib.sha256(file.read_bytes()).hexdigest(), file.stat().st_mtime_ns
    lusscore("cv", "tiny", "-b", tiny_backbone, "--run", "a")
    result = lusscore(
        "cv", "tiny", "-b", tiny_backbone, "--set", "epochs=5", "--set", "dropout=0.2", "--json"
    )
    assert json.loads(result.stdout)["models"] == ["tiny/softmax"]
    assert (hashlib.sha256(file.read_bytes()).hexdigest(), file.stat().st_mtime_ns) == before
    runs = sorted(path.name for path in Path("results/tiny").iterdir())
    assert runs[0].startswith("3fold-softmax-")
    assert runs[1] == "a"
    assert "dropout = 0.2" in Path("results/tiny", runs[0], "config.toml").read_text()


@pytest.mark.slow
def test_saved_folds_are_used_again_and_checked(
    lusscore: Callable[..., Result], extracted: Cohort, tiny_backbone: Path
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
    lusscore: Callable[..., Result], extracted: Cohort, tiny_backbone: Path
) -> None:
    asked = ("cv", "tiny", "-b", tiny_backbone, "--head", "logistic", "--run", "a")
    lusscore(*asked)
    other = lusscore(*asked, "--set", "C=0.5")
    assert other.exit_code == 2
    assert "--overwrite" in other.output
    assert lusscore(*asked, "--set", "C=0.5", "--overwrite").exit_code == 0


@pytest.mark.slow
def test_a_run_is_made_again_when_its_inputs_change(
    lusscore: Callable[..., Result], extracted: Cohort, tiny_backbone: Path
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
    ],
)
def test_what_cannot_run_is_a_sentence_and_exit_code_2(
    lusscore: Callable[..., Result],
    extracted: Cohort,
    tiny_backbone: Path,
    arguments: list[object],
    told: str,
) -> None:
    result = lusscore("cv", "tiny", "-b", tiny_backbone, *arguments)
    assert result.exit_code == 2
    assert told in result.output
    assert not Path("results").exists()


def test_a_feature_file_of_other_settings_is_refused_with_the_mend(
    lusscore: Callable[..., Result], extracted: Cohort, tiny_backbone: Path
) -> None:
    card = extracted.folder / "cohort.toml"
    card.write_text(card.read_text().replace("variants = 2", "variants = 1"))
    result = lusscore("cv", "tiny", "-b", tiny_backbone)
    assert result.exit_code == 2
    assert "variants is 2, needed 1; run 'lusscore features tiny" in result.output


def test_a_file_of_an_onnx_backbone_needs_no_name(
    lusscore: Callable[..., Result], extracted: Cohort
) -> None:
    result = lusscore("cv", "tiny", "--head", "logistic", "--folds", 2)
    assert result.exit_code == 0, result.output


def test_a_head_setting_out_of_range_is_a_sentence(
    lusscore: Callable[..., Result], extracted: Cohort, tiny_backbone: Path
) -> None:
    for setting, told in (
        ("epochs=0", "epochs of head softmax cannot be 0; expected a whole number from 1."),
        ("dropout=5", "cannot be 5.0; expected a number from 0 to below 1."),
        ("optimizer=best", "cannot be best; expected one of adam, adamw, rmsprop, sgd."),
    ):
        result = lusscore("cv", "tiny", "-b", tiny_backbone, "--set", setting)
        assert result.exit_code == 2
        assert told in " ".join(result.output.split())
    assert not Path("results").exists()


@pytest.mark.slow
def test_skipped_clips_make_the_exit_code_1(
    lusscore: Callable[..., Result], make_cohort: Callable[..., Cohort], tiny_backbone: Path
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
    lusscore: Callable[..., Result], extracted: Cohort, tiny_backbone: Path
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
