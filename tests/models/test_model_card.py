"""The card is a page of text, whatever stands in the names."""

from dataclasses import replace
from typing import Any

import pytest

from lusscore.models import Bundle
from lusscore.models.model_card import render_card


def test_all_that_the_record_says_stands_under_its_heading(tiny: Bundle) -> None:
    card = render_card(tiny)
    assert card.startswith("# Model card: tiny\n\n**Trained on computed images alone")
    for line in (
        f"- **Id:** {tiny.id}",
        "- **Rubric:** soldati-2020",
        "- **Backbones:** tiny",
        "## Intended use",
        "- Research use only.",
        "## Training cohort",
        "- **Synthetic:** yes",
        "### Patients by device",
        "None.",
        "### Clips",
        "| measure | value | 95 % interval |",
        "| --- | --- | --- |",
        "| accuracy | 1.000 | \\[1, 1\\] |",
    ):
        assert f"\n{line}\n" in card, line
    assert card.endswith("\n")
    assert "\n\n\n" not in card


def test_a_scorer_of_patients_does_not_say_that_it_is_none(tiny: Bundle) -> None:
    assert "computed images alone" not in render_card(replace(tiny, synthetic=False))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<script>alert(1)</script>", "\\<script\\>alert(1)\\</script\\>"),
        ("[here](javascript:x)", "\\[here\\](javascript:x)"),
        ("![x](http://evil)", "!\\[x\\](http://evil)"),
        ("**bold** _it_ `code` ~~no~~", "\\*\\*bold\\*\\* \\_it\\_ \\`code\\` \\~\\~no\\~\\~"),
        ("a | b", "a \\| b"),
        ("&lt;b&gt;", "\\&lt;b\\&gt;"),
        ("# heading\n\n## another", "\\# heading \\#\\# another"),
        ("back\\slash", "back\\\\slash"),
        ("- a list", "\\- a list"),
        ("1. a list", "1\\. a list"),
        ("---", "\\---"),
        ("0.948, -0.5 and 3-4", "0.948, -0.5 and 3-4"),
    ],
)
def test_markup_in_names_is_shown_as_text(tiny: Bundle, text: str, shown: str) -> None:
    card: dict[str, Any] = {
        text: text,
        "List": [text],
        "Table": [{text: text}],
        "Deeper": {text: [1]},
    }
    page = render_card(replace(tiny, name=text, card=card))
    assert f"# Model card: {shown}\n" in page
    assert f"\n- **{shown}:** {shown}\n" in page
    assert f"\n- {shown}\n" in page
    assert f"\n| {shown} |\n| --- |\n| {shown} |\n" in page
    assert f"\n### {shown}\n" in page
    assert page.count(shown) == 7


def test_rows_of_a_table_may_have_other_columns() -> None:
    from lusscore.models.model_card import _block

    assert _block([{"a": 1.0, "b": True}, {"b": False, "c": 2.5}], 2) == [
        "| a | b | c |",
        "| --- | --- | --- |",
        "| 1 | yes |  |",
        "|  | no | 2.5 |",
        "",
    ]
