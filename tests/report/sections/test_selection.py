from dataclasses import replace

import pandas as pd
import pytest

from lusscore.evaluation.selection.nested import SELECTION_COLUMNS
from lusscore.report.run_files import RunFiles
from lusscore.report.sections.selection import selections


def row(way: str, fold: int, place: int, candidate: str, rule: str, heat: str) -> tuple[str, ...]:
    return (
        f"selected/{way}", "1", str(fold), str(place), candidate, "C=0.01", rule, heat, "1.0",
        "quadratic_kappa", "0.41", "60",
    )  # fmt: skip


@pytest.fixture
def chosen(weak: RunFiles) -> RunFiles:
    rows = [
        row("best", 1, 1, "xception[16.mean+32.top]/logistic", "worst", "0.8"),
        row("best", 2, 1, "xception/svm", "majority", "2.5"),
        row("best", 3, 1, "xception[16.mean+32.top]/logistic", "majority", "1.2"),
        row("average", 1, 1, "xception/svm", "top-20%", "1.0"),
        row("average", 1, 2, "xception/logistic", "top-20%", "1.5"),
    ]
    table = pd.DataFrame(rows, columns=list(SELECTION_COLUMNS))
    return replace(weak, selection=table)


def test_candidates_are_counted_over_folds_the_most_frequent_first(chosen: RunFiles) -> None:
    found = selections(chosen, {"selected/best": "Chosen in each fold · best"})
    assert found is not None
    best, average = found.models
    assert best.name == "Chosen in each fold · best"
    assert [(one.features, one.head, one.settings, one.folds) for one in best.chosen] == [
        ("Xception [16.mean + 32.top]", "logistic", "C=0.01", 2),
        ("Xception", "svm", "C=0.01", 1),
    ]
    assert best.folds == 3
    assert average.folds == 1
    assert len(average.chosen) == 2


def test_rules_count_folds_and_temperatures_give_their_range(chosen: RunFiles) -> None:
    found = selections(chosen, {})
    assert found is not None
    best, average = found.models
    assert (
        best.sentences[0] == "Rule from frames to clips, of 3 folds: majority in 2 and worst in 1."
    )
    assert best.sentences[1].startswith("Temperatures 0.80 to 2.50;")
    assert average.sentences[0] == "Rule from frames to clips, of 1 fold: top-20% in 1."


def test_what_was_compared_by_what_is_said(chosen: RunFiles) -> None:
    found = selections(chosen, {})
    assert found is not None
    assert "60 candidates" in found.how
    assert "quadratic kappa of clips" in found.how


def test_a_run_without_a_choice_has_no_such_section(weak: RunFiles) -> None:
    assert selections(weak, {}) is None
