import json
from collections.abc import Callable
from pathlib import Path

import click
import pytest
import tomlkit
from click.testing import Result

from backbone_maker import write_tiny_backbone
from lusscore.cli.cv import _HEADINGS, command
from lusscore.cohort import Cohort
from lusscore.evaluation.models import COMBINATIONS
from lusscore.heads import head_names, head_summary


@pytest.mark.slow
def test_several_heads_and_their_settings_make_one_run(
    lusscore: Callable[..., Result], extracted: Cohort, tiny_backbone: Path
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
    assert report.count("<h3>Head beside it</h3>") == 2


@pytest.mark.slow
def test_other_heads_and_settings_are_other_runs(
    lusscore: Callable[..., Result], extracted: Cohort, tiny_backbone: Path
) -> None:
    for arguments in (["--set", "C=0.1"], ["--set", "logistic.C=1.0"], ["--head", "ordinal"]):
        assert (
            lusscore("cv", "tiny", "-b", tiny_backbone, "--head", "logistic", *arguments).exit_code
            == 0
        )
    runs = {path.name.rsplit("-", 1)[0] for path in Path("results/tiny").iterdir()}
    assert runs == {"3fold-logistic", "3fold-logistic-ordinal"}
    assert len(list(Path("results/tiny").iterdir())) == 3


@pytest.mark.slow
def test_two_backbones_are_combined(
    lusscore: Callable[..., Result], extracted: Cohort, tiny_backbone: Path, tmp_path: Path
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


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
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
    ],
)
def test_heads_that_cannot_be_understood_are_a_sentence(
    lusscore: Callable[..., Result],
    extracted: Cohort,
    tiny_backbone: Path,
    arguments: list[object],
    told: str,
) -> None:
    result = lusscore("cv", "tiny", "-b", tiny_backbone, *arguments)
    assert result.exit_code == 2
    assert told in " ".join(result.output.split())
    assert not Path("results").exists()


def test_help_lists_every_head_with_what_it_is(lusscore: Callable[..., Result]) -> None:
    told = " ".join(lusscore("cv", "--help").output.split())
    for name in head_names():
        assert f"{name} {head_summary(name)}" in told
    assert "C=1.0, class_weight=none" in told


def test_the_combinations_offered_are_those_there_are() -> None:
    """They are written out in the command, which imports no room before it runs."""
    (offered,) = [option.type for option in command.params if option.name == "combine"]
    assert isinstance(offered, click.Choice)
    assert tuple(offered.choices) == COMBINATIONS


def test_help_groups_its_options(lusscore: Callable[..., Result]) -> None:
    told = lusscore("cv", "--help").output
    places = [told.index(f"{heading}:") for heading in _HEADINGS.values()]
    assert places == sorted(places)
    for option in command.params:
        assert all(name in told for name in option.opts if name.startswith("--"))
    assert "Options:" not in told
