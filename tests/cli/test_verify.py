import json
import os
from collections.abc import Callable
from pathlib import Path

import h5py
import pytest
from click.testing import Result

from lusscore.cohort import Cohort

FILE = Path("features/tiny/tiny.h5")


@pytest.fixture
def cohort(
    lusscore: Callable[..., Result], make_cohort: Callable[..., Cohort], tiny_backbone: Path
) -> Cohort:
    cohort = make_cohort(2, frames=30)
    assert lusscore("features", "tiny", "-b", tiny_backbone).exit_code == 0
    return cohort


def spoil(clip: int) -> None:
    with h5py.File(FILE, "r+") as file:
        file["embeddings"][30 * clip] = 7


def test_nothing_to_verify_and_nothing_wrong_are_exit_code_0(
    lusscore: Callable[..., Result], make_cohort: Callable[..., Cohort], tiny_backbone: Path
) -> None:
    make_cohort(2)
    result = lusscore("verify")
    assert (result.exit_code, "No feature files yet" in result.output) == (0, True)
    lusscore("features", "tiny", "-b", tiny_backbone)
    result = lusscore("verify")
    assert result.exit_code == 0
    assert "tiny/tiny: fine: 4 clips" in result.output


def test_what_is_wrong_is_listed_with_exit_code_1(
    lusscore: Callable[..., Result], cohort: Cohort
) -> None:
    spoil(2)
    result = lusscore("verify", "tiny")
    assert result.exit_code == 1
    assert cohort.clips()[2] in result.output
    assert "embeddings or times do not match their checksum" in result.output
    assert "verify --repair" in result.output


def test_json_has_every_finding_and_nothing_else(
    lusscore: Callable[..., Result], cohort: Cohort
) -> None:
    spoil(0)
    spoil(3)
    result = lusscore("verify", "--json")
    (row,) = json.loads(result.stdout)
    assert [finding["clip"] for finding in row["findings"]] == [
        cohort.clips()[0],
        cohort.clips()[3],
    ]
    assert (row["cohort"], row["backbone"], row["clips"]) == ("tiny", "tiny", 4)


def test_repair_mends_and_says_what_it_did(
    lusscore: Callable[..., Result], cohort: Cohort, tiny_backbone: Path
) -> None:
    sound = FILE.read_bytes()
    spoil(1)
    result = lusscore("verify", "--repair", "-b", tiny_backbone)
    assert result.exit_code == 0
    assert "tiny/tiny: repaired: 1 clip computed." in result.output
    assert FILE.read_bytes() == sound
    with h5py.File(FILE) as file:
        embeddings = file["embeddings"].id
        cut = embeddings.get_offset() + embeddings.get_storage_size() - 100
    os.truncate(FILE, cut)
    result = lusscore("verify", "--repair", "-b", tiny_backbone, "--json")
    assert result.exit_code == 0
    (row,) = json.loads(result.stdout)
    assert row["mended"]
    assert (row["saved"], row["computed"]) == (3, 1)
    assert Path(row["kept_as"]).stat().st_size == cut


def test_a_network_that_has_no_name_is_asked_for(
    lusscore: Callable[..., Result], cohort: Cohort, tiny_backbone: Path
) -> None:
    spoil(1)
    result = lusscore("verify", "--repair")
    assert result.exit_code == 1
    assert "-b FOLDER/tiny.onnx" in result.output
    assert lusscore("verify").exit_code == 1
    assert lusscore("verify", "--repair", "-b", tiny_backbone).exit_code == 0
    assert lusscore("verify", "-b", "tiny").exit_code == 0


def test_clips_that_are_gone_are_listed_and_not_dropped(
    lusscore: Callable[..., Result], cohort: Cohort, tiny_backbone: Path
) -> None:
    sound = FILE.read_bytes()
    cohort.clip_path(cohort.clips()[1]).unlink()
    result = lusscore("verify", "--repair", "-b", tiny_backbone)
    assert result.exit_code == 1
    assert "bring them back" in result.output
    assert FILE.read_bytes() == sound


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["gone"], "No cohort at data"),
        (["tiny", "-b", "resnet51"], "resnet50"),
        (["tiny", "-b", "gone.onnx"], "gone.onnx"),
        (["tiny", "--repair", "--engine", "cuda"], "openvino"),
    ],
)
def test_what_cannot_run_is_a_sentence_and_exit_code_2(
    lusscore: Callable[..., Result], cohort: Cohort, arguments: list[str], told: str
) -> None:
    result = lusscore("verify", *arguments)
    assert result.exit_code == 2
    assert told in result.output
    assert "Traceback" not in result.output


def test_other_commands_say_how_to_mend(lusscore: Callable[..., Result], cohort: Cohort) -> None:
    FILE.write_bytes(FILE.read_bytes()[:9000])
    for command in (["features", "tiny"], ["status"], ["cv", "tiny", "-b", "tiny"]):
        result = lusscore(*command)
        assert "Traceback" not in result.output
    assert "lusscore verify tiny --repair" in lusscore("status").output
