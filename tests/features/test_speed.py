from pathlib import Path

import pytest

from lusscore.backbones import get_backbone
from lusscore.features.computing.engine_choice import EngineChoice
from lusscore.features.computing.job import Outcome
from lusscore.features.speed import expected_speed, remember_speed


def outcome(name: str, images: int, seconds: float) -> Outcome:
    return Outcome(name, Path("x.h5"), images=images, seconds=seconds)


def test_backbones_that_ran_side_by_side_share_the_time_by_their_operations(
    tmp_path: Path,
) -> None:
    choice = EngineChoice(cache=tmp_path)
    specs = [get_backbone(name) for name in ("xception", "vgg16")]
    remember_speed(choice, [(spec, outcome(spec.name, 100, 60.0)) for spec in specs])
    found = [expected_speed(choice, spec) for spec in specs]
    assert all(told is not None and told[1] == "last run" for told in found)
    # both together take the minute that they took
    assert sum(100 / told[0] for told in found if told) == pytest.approx(60)
    assert expected_speed(choice, specs[0], workers=2) != found[0]


def test_short_runs_say_nothing(tmp_path: Path) -> None:
    choice = EngineChoice(cache=tmp_path)
    spec = get_backbone("xception")
    remember_speed(choice, [(spec, outcome("xception", 10, 1.0))])
    assert not list(tmp_path.iterdir())


def test_a_network_of_unknown_cost_has_no_forecast(tiny_backbone: Path) -> None:
    from dataclasses import replace

    spec = replace(get_backbone(str(tiny_backbone)), flops=None)
    assert expected_speed(EngineChoice(), spec) is None
