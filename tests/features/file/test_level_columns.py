from lusscore.features.file.level_columns import level_columns


def test_levels_lie_behind_the_embedding_in_alphabetical_order() -> None:
    sizes = {"8.max": 5, "16.mean": 6}
    assert level_columns(sizes, 20) == {"16.mean": slice(9, 15), "8.max": slice(15, 20)}


def test_without_levels_every_column_is_the_embedding_s() -> None:
    assert level_columns({}, 20) == {}
