from pathlib import Path

from lusscore.bundle.refusal import Refusal, clause, quoted
from lusscore.errors import HeadError


def test_a_refusal_says_of_which_bundle_what_is_wrong_and_what_to_do() -> None:
    error = Refusal("its list is cut off", "get it again").of(Path("mine.zip"))
    assert str(error) == "mine.zip: its list is cut off; get it again."
    assert "train it again with 'lusscore train'." in str(Refusal("it is odd").of(Path("mine")))


def test_what_a_bundle_says_cannot_be_taken_for_the_message() -> None:
    assert quoted("a\x1b[31m'\n") == '"a\\x1b[31m\'\\n"'
    assert len(quoted("x" * 10_000)) < 100


def test_a_sentence_of_another_room_becomes_a_clause_without_its_advice() -> None:
    assert clause(HeadError("The head is\nodd; train it again.")) == "The head is odd"
    assert len(clause(ValueError("x" * 10_000))) == 300
