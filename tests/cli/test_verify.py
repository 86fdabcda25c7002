import json
from pathlib import Path

import pytest

from cohort_maker import Lusscore, MakeCohort
from lusscore.cohort import Cohort

FILE = Path("features/tiny/tiny.h5")


@pytest.fixture
def cohort(lusscore: Lusscore, make_cohort: MakeCohort, tiny_backbone: Path) -> Cohort:
    cohort = make_cohort(2)
    assert lusscore("features", "tiny", "-b", tiny_backbone).exit_code == 0
    return cohort


def spoil_part() -> None:
    part = sorted(Path("features/.cache").glob("tiny-*/*/*/*.h5"))[0]
    part.write_bytes(part.read_bytes()[:-1] + b"?")


def test_nothing_to_verify_and_nothing_wrong_are_exit_code_0(
    lusscore: Lusscore, make_cohort: MakeCohort, tiny_backbone: Path
) -> None:
    make_cohort(2)
    result = lusscore("verify")
    assert (result.exit_code, "No feature files yet" in result.output) == (0, True)
    lusscore("features", "tiny", "-b", tiny_backbone)
    result = lusscore("verify")
    assert result.exit_code == 0
    assert "tiny/tiny: sound: 4 parts" in result.output


def test_what_is_wrong_is_listed_with_exit_code_1_and_then_repaired(
    lusscore: Lusscore, cohort: Cohort
) -> None:
    sound = FILE.read_bytes()
    spoil_part()
    result = lusscore("verify", "tiny")
    assert result.exit_code == 1
    assert "clips/p" in result.output
    assert "verify --repair" in result.output
    # the feature file has what the part lost
    result = lusscore("verify", "--repair")
    assert result.exit_code == 0
    assert "tiny/tiny: 0 clips computed; repaired" in result.output
    assert lusscore("verify").exit_code == 0
    # now the part is gone, and only its clip has to be computed
    FILE.write_bytes(sound[:-10])
    result = lusscore("verify", "--repair", "--json")
    assert result.exit_code == 0
    (row,) = json.loads(result.stdout)
    assert ([finding["kind"] for finding in row["findings"]], row["left"]) == (["file"], "")
    assert row["computed"] == 1
    assert lusscore("verify").exit_code == 0


def test_json_has_every_finding_and_nothing_else(lusscore: Lusscore, cohort: Cohort) -> None:
    spoil_part()
    FILE.write_bytes(FILE.read_bytes()[:-10])
    result = lusscore("verify", "--json")
    assert result.exit_code == 1
    (row,) = json.loads(result.stdout)
    assert (row["cohort"], row["backbone"], row["parts"]) == ("tiny", "tiny", 4)
    assert sorted(finding["kind"] for finding in row["findings"]) == ["file", "part"]


def test_a_network_that_is_gone_is_asked_for_where_it_is_needed(
    lusscore: Lusscore, make_cohort: MakeCohort, tiny_backbone: Path
) -> None:
    make_cohort(2)
    own = Path("tiny.onnx")
    own.write_bytes(tiny_backbone.read_bytes())
    lusscore("features", "tiny", "-b", own)
    own.unlink()
    sound = FILE.read_bytes()
    spoil_part()
    assert lusscore("verify", "--repair").exit_code == 0
    FILE.write_bytes(sound[:-10])
    result = lusscore("verify", "--repair")
    assert result.exit_code == 1
    assert "tiny.onnx" in result.output
    own.write_bytes(tiny_backbone.read_bytes())
    assert lusscore("verify", "--repair", "-b", own).exit_code == 0
    assert lusscore("verify", "-b", "tiny").exit_code == 0


def test_clips_that_are_gone_are_listed_and_not_dropped(lusscore: Lusscore, cohort: Cohort) -> None:
    sound = FILE.read_bytes()
    cohort.clip_path(cohort.clips()[1]).unlink()
    result = lusscore("verify", "--repair")
    assert result.exit_code == 1
    assert "p0_L1.mp4" in result.output
    assert FILE.read_bytes() == sound


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["gone"], "there is no cohort"),
        (["tiny", "-b", "resnet51"], "resnet50"),
        (["tiny", "-b", "gone.onnx"], "gone.onnx"),
    ],
)
def test_what_cannot_run_is_a_sentence_and_exit_code_2(
    lusscore: Lusscore, cohort: Cohort, arguments: list[str], told: str
) -> None:
    result = lusscore("verify", *arguments)
    assert result.exit_code == 2
    assert told in result.output
    assert "Traceback" not in result.output


def test_other_commands_say_how_to_mend(lusscore: Lusscore, cohort: Cohort) -> None:
    FILE.write_bytes(FILE.read_bytes()[:-9])
    result = lusscore("status")
    assert (result.exit_code, "damaged" in result.output) == (0, True)
    result = lusscore("cv", "tiny")
    assert result.exit_code == 2
    assert "lusscore features tiny" in result.output
    assert lusscore("features", "tiny", "-b", "tiny").exit_code == 0
    assert lusscore("verify").exit_code == 0
