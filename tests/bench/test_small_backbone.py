import json

import pytest

from bench.process import run_python
from bench.small_backbone import SMALL_COMMAND, SMALL_SPEC, find_backbone
from lusscore.backbones import backbone_names

COUNT = """
from bench.small_backbone import *
model = build_small_backbone(SMALL_SPEC)
print(model.count_params(), model.output_shape[-1])
"""


def test_no_user_finds_it_in_a_list() -> None:
    assert find_backbone("small") is SMALL_SPEC
    assert "small" not in backbone_names()


def test_the_command_knows_it_where_it_is_asked_for() -> None:
    listed = run_python(["-c", SMALL_COMMAND, "backbones", "--all", "--json"]).output
    assert "small" in {row["name"] for row in json.loads(listed)}


@pytest.mark.slow
def test_its_spec_is_what_is_built() -> None:
    parameters, size = run_python(["-c", COUNT]).output.split()
    assert int(parameters) == SMALL_SPEC.parameters
    assert int(size) == SMALL_SPEC.embedding_size


def test_other_backbones_are_found_as_ever() -> None:
    assert find_backbone("resnet50").embedding_size == 2048
    with pytest.raises(Exception, match="Unknown backbone"):
        find_backbone("resnet5")
