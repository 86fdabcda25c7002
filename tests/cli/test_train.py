from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import tomlkit
from click.testing import CliRunner, Result

from ground import Ground, make_ground
from lusscore.cli import main
from lusscore.evaluation.models import HeadChoice
from lusscore.models import read_bundle
from lusscore.scoring import LoadedModel
from lusscore.scoring.exam_input import find_exam


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """Twelve patients with two clips each, with embeddings and a run called plain."""
    made = make_ground(tmp_path_factory.mktemp("ground"))
    made.run("plain", HeadChoice("logistic", {"C": 0.3}))
    return made


def told(result: Result) -> str:
    return " ".join(result.output.split())


def train(ground: Ground, *arguments: object) -> Result:
    return ground.command("train", *arguments, *ground.named)


def bundles(ground: Ground) -> list[str]:
    folder = ground.results / "bundles"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_run_becomes_a_bundle_that_scores_an_exam(ground: Ground) -> None:
    result = train(ground, "--from-run", "plain")
    assert result.exit_code == 0, result.output
    path = ground.results / "bundles" / "bright"
    bundle = read_bundle(path)
    assert f"Bundle: {path}" in result.stdout
    assert f"Digest: {bundle.digest}" in result.stdout
    assert "Model: tiny/logistic" in result.stdout
    assert f"lusscore score EXAM --model {path}" in result.stdout
    exam = find_exam([ground.cohort.folder / "clips"], bundle.zones())
    with LoadedModel(bundle) as scorer:
        scored = scorer.score(exam.clips[:2])
    assert [zone.zone for zone in scored.zones] == ["R1", "L1"]


def test_a_run_is_named_or_pointed_at(ground: Ground) -> None:
    for number, run in enumerate(("plain", ground.results / "bright" / "plain")):
        assert train(ground, "--from-run", run, "--name", f"named-{number}").exit_code == 0
    result = train(ground, "--from-run", "none", "--name", "named-none")
    assert result.exit_code == 2
    assert "No run 'none' of bright" in told(result)
    assert "named-none" not in bundles(ground)


def test_without_a_run_the_settings_are_cross_validated_first(ground: Ground) -> None:
    result = train(
        ground, "--name", "own", "--head", "ordinal", "--set", "C=0.2", "--folds", 2, "--json",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)
    run = Path(facts["run"])
    assert (run / "report.html").exists()
    config = tomlkit.parse((run / "config.toml").read_text(encoding="utf-8")).unwrap()
    assert config["head"]["C"] == 0.2
    assert config["cross_validation"] == {"folds": 2, "repeats": 1, "seed": 0}
    assert config["models"] == ["tiny/ordinal"]
    bundle = read_bundle(Path(facts["path"]))
    (member,) = bundle.members
    assert (member.name, member.settings["C"]) == ("ordinal", 0.2)
    assert f"run {run.name}." in bundle.card["Performance"]["How it was measured"]


@pytest.mark.slow
def test_one_head_sees_all_backbones_that_are_named(tmp_path: Path) -> None:
    both = make_ground(tmp_path, backbones=("tiny", "other"))
    result = train(both, "--head", "logistic", "--folds", 2, "--json")
    assert result.exit_code == 0, result.output
    facts = json.loads(result.stdout)
    assert facts["model"] == "tiny+other/logistic"
    assert facts["backbones"] == ["tiny", "other"]
    # one of those that were measured beside it, by name
    result = train(both, "--from-run", Path(facts["run"]).name, "--model", "other/logistic",
                   "--name", "one", "--json")  # fmt: skip
    assert json.loads(result.stdout)["backbones"] == ["other"]


@pytest.mark.parametrize(
    "option", [("--head", "ordinal"), ("--set", "C=1"), ("--levels", "16.mean"), ("--folds", "3")]
)
def test_what_a_run_decides_cannot_be_said_again(ground: Ground, option: tuple[str, str]) -> None:
    result = train(ground, "--from-run", "plain", "--name", "twice", *option)
    assert result.exit_code == 2
    assert f"--from-run decides that; leave out {option[0]}." in told(result)
    assert "twice" not in bundles(ground)


def test_an_onnx_network_of_a_run_is_found_where_it_was_and_another_refused(
    ground: Ground, tmp_path: Path
) -> None:
    result = ground.command("train", "--from-run", "plain", "--name", "by-name")
    assert result.exit_code == 0, result.output
    assert "by-name" in bundles(ground)
    shutil.copy(ground.root / "tiny.onnx", tmp_path / "foreign.onnx")
    result = train(ground, "--from-run", "plain", "--name", "lost", "-b", tmp_path / "foreign.onnx")
    assert result.exit_code == 2
    assert "The run has no backbone foreign; it has tiny" in told(result)
    assert "lost" not in bundles(ground)


def test_an_onnx_network_that_is_gone_is_asked_for(tmp_path: Path) -> None:
    made = make_ground(tmp_path, 6, score=lambda patient, zone: zone)
    made.run("plain", HeadChoice("logistic"))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "tiny.onnx").rename(tmp_path / "elsewhere" / "tiny.onnx")
    result = made.command("train", "--from-run", "plain")
    assert result.exit_code == 2
    assert "--backbone FOLDER/tiny.onnx" in told(result)
    assert bundles(made) == []
    place = tmp_path / "elsewhere" / "tiny.onnx"
    assert made.command("train", "--from-run", "plain", "-b", place).exit_code == 0


def test_a_bundle_is_one_file_where_that_is_asked_for(ground: Ground, tmp_path: Path) -> None:
    path = tmp_path / "kept" / "first.zip"
    assert train(ground, "--from-run", "plain", "--output", path).exit_code == 0
    assert path.is_file()
    assert read_bundle(path).name == "bright"
    assert [each.name for each in path.parent.iterdir()] == ["first.zip"]


@pytest.mark.parametrize("name", ["there", "there.zip"])
def test_a_bundle_is_replaced_only_if_asked(ground: Ground, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    arguments = ("--from-run", "plain", "--output", path)
    assert train(ground, *arguments).exit_code == 0
    first = read_bundle(path)
    result = train(ground, *arguments)
    assert result.exit_code == 2
    assert "exists; choose another --name or --output, or replace it by --overwrite" in told(result)
    assert read_bundle(path).id == first.id
    assert train(ground, *arguments, "--overwrite").exit_code == 0
    assert read_bundle(path).id != first.id
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_what_is_no_bundle_is_never_replaced(ground: Ground, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("dear to somebody", encoding="utf-8")
    result = train(ground, "--from-run", "plain", "--output", tmp_path / "thesis", "--overwrite")
    assert result.exit_code == 2
    assert "is not a bundle, and is not overwritten" in told(result)
    assert [path.name for path in (tmp_path / "thesis").iterdir()] == ["chapter.txt"]


@pytest.mark.parametrize("name", ["", "a/b", "../up", "two words", ".hidden"])
def test_a_name_that_could_be_another_place_is_refused(ground: Ground, name: str) -> None:
    before = bundles(ground)
    result = train(ground, "--from-run", "plain", "--name", name)
    assert result.exit_code == 2
    assert f"--name {name!r} is not allowed; expected up to 100 letters" in told(result)
    assert bundles(ground) == before


def test_coverage_is_passed_on_and_its_range_is_kept(ground: Ground) -> None:
    shares = []
    for number, coverage in enumerate((0.25, 0.5)):
        arguments = ("--from-run", "plain", "--name", f"coverage-{number}", "--json")
        result = train(ground, *arguments, "--coverage", coverage)
        shares.append(json.loads(result.stdout)["coverage"])
    assert shares == pytest.approx([0.25, 0.5], abs=0.05)
    assert train(ground, "--from-run", "plain", "--name", "none", "--coverage", 0).exit_code == 2


@pytest.mark.parametrize(
    ("patients", "labels", "arguments", "expected"),
    [
        (4, "none", ["--folds", 2], "has no labelled frames with embeddings; give scores in"),
        (6, "one", ["--folds", 2], "a model needs at least two scores"),
        (2, "zone", [], "2 patients cannot fill 5 folds"),
    ],
)
def test_labels_that_cannot_be_learned_from_are_a_sentence(
    tmp_path: Path, patients: int, labels: str, arguments: list[object], expected: str
) -> None:
    scores = {"none": lambda patient, zone: None, "one": lambda patient, zone: 2}
    ground = make_ground(
        tmp_path, patients, score=scores.get(labels, lambda patient, zone: zone), frames=2
    )
    result = train(ground, "--head", "logistic", *arguments)
    assert result.exit_code == 2, result.output
    assert expected in told(result)
    assert "Traceback" not in result.output
    assert bundles(ground) == []


def test_skipped_clips_make_the_exit_code_1(tmp_path: Path) -> None:
    made = make_ground(tmp_path)
    clip = made.cohort.folder / made.cohort.clips()[0]
    (made.features / "bright" / "tiny.h5").unlink()
    clip.write_bytes(b"")
    made = make_again(made)
    made.run("holes")
    result = train(made, "--from-run", "holes", "--json")
    assert result.exit_code == 1
    assert "1 clips have no embeddings" in result.stderr
    bundle = read_bundle(Path(json.loads(result.stdout)["path"]))
    assert bundle.card["Training cohort"]["Clips"] == 23


def make_again(ground: Ground) -> Ground:
    """Compute the embeddings of a cohort whose clips have changed."""
    texts = [str(each) for each in ("features", "bright", *ground.named, *ground.places[:4])]
    assert CliRunner().invoke(main, texts).exit_code == 1
    return ground


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_training_that_is_interrupted_leaves_no_bundle(
    ground: Ground, tmp_path: Path, number: signal.Signals
) -> None:
    results = tmp_path / "results"
    texts = [
        "train", "bright", *ground.named, *ground.places[:4], "--results-dir", results,
        "--head", "mil", "--set", "epochs=1000000", "--folds", 2,
    ]  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "lusscore", *map(str, texts)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 60
        while not list(results.glob("bright/.*.tmp")):
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(number)
        _, stderr = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == (130 if number == signal.SIGINT else -signal.SIGTERM)
    assert "Traceback" not in stderr
    assert not (results / "bundles").exists()
    # of a run nothing is left but, where the process had no say, what is hidden
    assert list(results.glob("bright/[!.]*")) == []
