import pytest

from lusscore.scoring.image_sequences import sequence_name


@pytest.mark.parametrize(
    ("names", "shared"),
    [
        (["frame_001", "frame_002", "frame_010"], "frame_"),
        (["1", "2"], ""),
        (["p3_L1_1.5x", "p3_L1_2.5x"], None),
        (["p3_L1_007", "p3_L1_008"], "p3_L1_"),
        (["L_10", "L_11"], "L_"),
        (["1of9", "2of9"], None),
    ],
)
def test_names_that_differ_by_their_last_number_are_a_sequence(
    names: list[str], shared: str | None
) -> None:
    assert sequence_name(names) == shared


@pytest.mark.parametrize(
    "names",
    [[], ["frame_1"], ["R1", "R2", "R3"], ["p3 L-1", "p3 L-2"], ["R1_1", "L1_1"], ["a", "b"]],
)
def test_others_are_clips_each(names: list[str]) -> None:
    assert sequence_name(names) is None
