from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from clip_maker import moving_bar, write_video
from lusscore.cohort import FramesPolicy, read_cohort


def make_tree(root: Path) -> None:
    for patient in ("anna", "bert"):
        folder = root / patient / "R1" / "2"
        folder.mkdir(parents=True)
        write_video(folder / "a.mp4", moving_bar(2))
    (root / "readme.txt").write_text("x")


def test_a_tree_becomes_a_cohort(lusscore: Callable[..., Result], tmp_path: Path) -> None:
    make_tree(tmp_path / "ward")
    result = lusscore(
        "import", "folders", "ward", "--protocol", "blue-6", "--frames", "per-clip:4",
        "--variants", 1, "--rubric", "bouhemad-2011",
    )  # fmt: skip
    assert result.exit_code == 0
    assert "2 patients, 2 clips, protocol blue-6" in result.output
    card = read_cohort(Path("data/ward")).card
    assert card.rubric == "bouhemad-2011"
    assert (card.extraction.frames, card.extraction.variants) == (FramesPolicy("per-clip", 4), 1)


def test_a_cohort_is_not_replaced_unasked(lusscore: Callable[..., Result], tmp_path: Path) -> None:
    make_tree(tmp_path / "ward")
    command = ("import", "folders", "ward", "--protocol", "blue-6")
    assert lusscore(*command).exit_code == 0
    again = lusscore(*command)
    assert again.exit_code == 2
    assert "--overwrite" in again.output
    assert lusscore(*command, "--overwrite").exit_code == 0


def test_what_cannot_be_imported_is_exit_code_2(lusscore: Callable[..., Result]) -> None:
    Path("ward").mkdir()
    assert "holds no images or clips" in lusscore("import", "folders", "ward").output
    assert lusscore("import", "covid-blues", "ward").exit_code == 2
    assert "expected one of covid-blues" in lusscore("import", "x", "ward").output
    assert lusscore("import", "folders", "gone").exit_code == 2
