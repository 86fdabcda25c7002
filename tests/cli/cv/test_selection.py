from collections.abc import Callable
from pathlib import Path

import click
import pytest
import tomlkit
from click.testing import Result

from lusscore.cli.cv import command
from lusscore.cohort import Cohort
from lusscore.evaluation.selection.criteria import CRITERIA
from lusscore.evaluation.selection.nested import WAYS


@pytest.mark.slow
def test_what_is_chosen_inside_stands_beside_the_papers_head_and_is_recorded(
    lusscore: Callable[..., Result], make_cohort: Callable[..., Cohort], tiny_backbone: Path
) -> None:
    make_cohort(16)
    assert lusscore("features", "tiny", "-b", tiny_backbone).exit_code == 0
    result = lusscore(
        "cv", "tiny", "-b", tiny_backbone, "--run", "chosen", "--folds", "2",
        "--select", "best", "--select", "average",
        "--head", "logistic", "--head", "ordinal",
        "--try", "C=0.01,1", "--try", "logistic.pooling=mean", "--inner-folds", "2",
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
    assert "What was chosen" in (run / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--try", "C=0.1,1"), "--try needs --select"),
        (("--criterion", "accuracy"), "--criterion needs --select"),
        (("--inner-folds", "3"), "--inner-folds needs --select"),
        (("--select", "best", "--head", "svm", "--try", "depth=1,2"), "has a setting 'depth'"),
        (("--select", "best", "--head", "svm", "--try", "C=0.1,x"), "'x' is not a number"),
        (("--select", "best", "--head", "svm", "--try", "C=0.1,-1"), "cannot be -1"),
        (("--levels", "16.mean"), "does not hold the level 16.mean"),
        (("--levels", "16.wide"), "The embedding itself is called embedding"),
        (("--clip-rule", "fair"), "Unknown rule 'fair'"),
    ],
)
def test_a_choice_that_cannot_be_made_is_a_sentence(
    lusscore: Callable[..., Result],
    extracted: Cohort,
    tiny_backbone: Path,
    arguments: tuple[str, ...],
    told: str,
) -> None:
    result = lusscore("cv", "tiny", "-b", tiny_backbone, *arguments)
    assert result.exit_code == 2
    assert told in " ".join(result.output.split())
    assert not Path("results").exists()


def test_the_criteria_offered_are_those_there_are() -> None:
    (offered,) = (each for each in command.params if each.name == "criterion")
    assert isinstance(offered.type, click.Choice)
    assert set(offered.type.choices) == set(CRITERIA)
    (ways,) = (each for each in command.params if each.name == "ways")
    assert isinstance(ways.type, click.Choice)
    assert set(ways.type.choices) == set(WAYS)
