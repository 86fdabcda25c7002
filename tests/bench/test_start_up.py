from collections.abc import Callable

from bench import BenchRow


def test_the_answer_to_help_is_compared_with_a_bare_python(
    measure: Callable[..., dict[str, BenchRow]],
) -> None:
    row = measure("start-up")["help"]
    assert row.seconds is not None
    assert row.baseline_seconds is not None
    assert row.ratio == row.seconds / row.baseline_seconds
