from exam_maker import CARD
from lusscore.report.exam.model_card import Block, card_blocks, written


def test_everything_of_the_card_is_laid_out_in_order():
    blocks = list(card_blocks(CARD))
    headings = [block.text for block in blocks if block.kind == "heading" and block.level == 3]
    assert headings == list(CARD)
    told = [cell for block in blocks for row in block.rows for cell in row]
    for words in (
        "Children were not examined.",
        "drawn-clips",
        "24",
        "convex",
        "0.71",
        "1.31",
        "n/a",
    ):
        assert words in told


def test_mappings_lists_and_lists_of_mappings_have_their_own_form():
    blocks = list(card_blocks({"a": 1, "b": {"c": [{"x": 1, "y": 2.5}, {"x": 3}], "d": ["e"]}}))
    assert blocks == [
        Block("entries", rows=(("a", "1"),)),
        Block("heading", 3, "b"),
        Block("heading", 4, "c"),
        Block("table", head=("x", "y"), rows=(("1", "2.5"), ("3", "n/a"))),
        Block("heading", 4, "d"),
        Block("list", rows=(("e",),)),
    ]


def test_headings_go_no_deeper_than_html_has_them():
    deep = {"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}}
    assert [b.level for b in card_blocks(deep) if b.kind == "heading"] == [3, 4, 5, 6, 6]


def test_what_is_empty_says_so():
    assert list(card_blocks({"Devices": {}}))[1] == Block("list", rows=(("None.",),))


def test_values_are_written_for_people():
    assert [written(value) for value in (None, True, False, 0.123456, -2.0, [1, 2], {"a": 1})] == [
        "n/a", "yes", "no", "0.1235", "−2", "1, 2", "a: 1",
    ]  # fmt: skip
