from collections.abc import Callable
from dataclasses import replace

import pytest

from lusscore.checks import Finding
from lusscore.checks.rules.patients import cramers_v
from lusscore.cohort import Segment

Rows = Callable[..., Segment]
Found = Callable[..., dict[str, Finding]]


def test_groups_missing_partial_small(rows: Rows, found_in_rows: Found) -> None:
    bare = [rows(patient, "R1", number) for number, patient in enumerate("abcd")]
    assert "no-groups" in found_in_rows(bare)
    partial = [*bare, *(rows(f"p{n}", "R1", n, group="covid") for n in range(4))]
    assert found_in_rows(partial)["patients-without-group"].where == tuple("abcd")
    small = [
        *(rows(f"p{n}", "R1", n % 4, group="covid") for n in range(8)),
        rows("z", group="well"),
    ]
    assert found_in_rows(small)["small-groups"].where == ("z",)


def test_a_group_that_gives_the_score_away(sound: list[Segment], found_in_rows: Found) -> None:
    assert "groups-tell-scores" not in found_in_rows(sound)
    by_group = [replace(row, score=3 if row.group == "covid" else 0) for row in sound]
    assert found_in_rows(by_group)["groups-tell-scores"].level == "warning"


def test_a_device_for_each_group_is_told_and_a_mix_is_only_noted(
    sound: list[Segment], found_in_rows: Found
) -> None:
    mixed = [replace(segment, device="X" if segment.patient in "abc" else "Y") for segment in sound]
    found = found_in_rows(mixed)
    assert found["device-mix"].what == "Clips come from 2 devices: X (18 clips) and Y (18 clips)."
    assert not {"devices-tell-groups", "devices-tell-scores"} & found.keys()
    by_group = [replace(segment, device=f"for {segment.group}") for segment in sound]
    assert found_in_rows(by_group)["devices-tell-groups"].level == "warning"
    by_score = [replace(segment, device=f"for {segment.score}") for segment in sound]
    assert found_in_rows(by_score)["devices-tell-scores"].level == "warning"


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([("x", "0"), ("y", "1")] * 50, pytest.approx(1, abs=0.01)),
        ([("x", "0"), ("x", "1"), ("y", "0"), ("y", "1")] * 9, 0),
        ([("x", "0")] * 9, 0),
        ([("x", "0")], 0),
        ([], 0),
        (
            # χ² = 20, φ² = 0.25; corrected by 1/79 each
            [("x", "0"), ("y", "1")] * 30 + [("x", "1"), ("y", "0")] * 10,
            pytest.approx(((0.25 - 1 / 79) / (2 - 1 / 79 - 1)) ** 0.5),
        ),
    ],
)
def test_cramers_v(pairs: list[tuple[str, str]], expected: float) -> None:
    assert cramers_v(pairs) == expected


def test_too_few_patients(rows: Rows, found_in_rows: Found) -> None:
    found = found_in_rows([rows("a"), rows("b"), rows("c", "R1", None)])
    assert "2 patients with labels" in found["too-few-patients"].what
    assert "--folds 2" in found["too-few-patients"].advice


def test_patients_with_few_clips_and_with_one_score(
    sound: list[Segment], rows: Rows, found_in_rows: Found
) -> None:
    found = found_in_rows([*sound, rows("z", "R1", 1, group="covid")])
    assert found["patients-with-few-clips"].where == ("z",)
    assert found["patients-with-one-score"].where == ("z",)


def test_zones_unknown_missing_and_double(
    sound: list[Segment], rows: Rows, found_in_rows: Found
) -> None:
    again = rows("b", "R1", 2, clip="again.mp4", group="covid")
    found = found_in_rows([*sound[1:], again, rows("c", "", 1, group="healthy")])
    assert found["zones-missing"].where == ("patient a, exam 1",)
    assert found["several-clips-per-zone"].where == ("patient b, exam 1, zone R1",)
    assert found["zone-unknown"].places == ("c__1.mp4",)
    assert {finding.level for finding in found.values()} == {"note"}
