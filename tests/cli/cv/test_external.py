from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from lusscore.cohort import Cohort


@pytest.mark.slow
def test_a_cohort_is_tested_by_heads_trained_on_another(
    lusscore: Callable[..., Result], make_cohort: Callable[..., Cohort], tiny_backbone: Path
) -> None:
    for name, frames in (("here", 5), ("more", 4), ("there", 6)):
        make_cohort(5, name=name, frames=frames)
        assert lusscore("features", name, "-b", tiny_backbone).exit_code == 0
    result = lusscore(
        "cv", "--train", "here", "--train", "more", "--test", "there", "-b", tiny_backbone,
        "--head", "logistic",
    )  # fmt: skip
    assert result.exit_code == 0
    assert "Clips of the cohort tested on" in result.output
    (run,) = Path("results/there").iterdir()
    assert run.name.startswith("external-logistic-")
    report = (run / "report.html").read_text(encoding="utf-8")
    assert "External validation of lung ultrasound severity scores" in report
    assert report.count("<h3>Trained on</h3>") == 2
    training = (run / "tables" / "training.csv").read_text(encoding="utf-8").splitlines()
    assert training[1].startswith("tiny/logistic,1,1,10,90,5,60,")


def test_who_is_held_out_is_said_in_one_way(
    lusscore: Callable[..., Result], extracted: Cohort, tiny_backbone: Path
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
    lusscore: Callable[..., Result],
    extracted: Cohort,
    make_cohort: Callable[..., Cohort],
    tmp_path: Path,
) -> None:
    make_cohort(2, name="other")
    (tmp_path / "features" / "other").mkdir()
    (tmp_path / "features" / "other" / "xception.h5").touch()
    result = lusscore("cv", "--train", "other", "--test", "tiny")
    assert result.exit_code == 2
    told = " ".join(result.output.split())
    assert "no backbone has a feature file for all cohorts" in told
    assert "other has xception" in told
