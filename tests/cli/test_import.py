import json
from pathlib import Path

import click
import pytest

from clip_maker import moving_bar, write_video
from cohort_maker import Lusscore
from lusscore.cli.import_ import command
from lusscore.cohort import FramesPolicy, Rating, read_cohort, read_ratings
from lusscore.cohort.extraction import REPEATED
from lusscore.cohort.importers import importer_names, importer_summary
from lusscore.sector import CONTRAST_POLICIES, SECTOR_POLICIES


def make_tree(root: Path) -> None:
    for patient in ("anna", "bert"):
        folder = root / patient / "R1" / "2"
        folder.mkdir(parents=True)
        write_video(folder / "a.mp4", moving_bar(2))
    (root / "readme.txt").write_text("x")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Three clips in ``media/`` and what two raters said of them in ``labels.csv``."""
    (tmp_path / "media").mkdir()
    for name in ("a", "b", "c"):
        write_video(tmp_path / "media" / f"{name}.mp4", moving_bar(2))
    rows = ["Name,Who,Grade,Reader", "a,p,2,x", "a,p,2,y", "b,p,0,x", "b,p,3,y", "c,q,1,x"]
    (tmp_path / "labels.csv").write_text("\n".join(rows) + "\n")
    return tmp_path / "labels.csv"


TABLE = (
    "import", "csv", "labels.csv", "--media", "media",
    "--column", "clip=Name", "--column", "patient=Who", "--column", "score=Grade",
)  # fmt: skip


def test_a_tree_becomes_a_cohort(lusscore: Lusscore, tmp_path: Path) -> None:
    make_tree(tmp_path / "ward")
    result = lusscore(
        "import", "folders", "ward", "--protocol", "blue-6", "--frames", "per-clip:4",
        "--variants", 1, "--rubric", "bouhemad-2011", "--sector", "sector", "--repeated", "drop",
    )  # fmt: skip
    assert result.exit_code == 0
    assert "2 patients, 2 clips, protocol blue-6" in result.output
    assert "Not imported: 1 (readme.txt)" in result.output
    card = read_cohort(Path("data/ward")).card
    assert card.rubric == "bouhemad-2011"
    assert (card.extraction.frames, card.extraction.variants) == (FramesPolicy("per-clip", 4), 1)
    assert (card.extraction.sector, card.extraction.repeated) == ("sector", "drop")


def test_several_raters_are_settled_kept_and_told(lusscore: Lusscore, table: Path) -> None:
    result = lusscore(*TABLE)
    assert result.exit_code == 0
    assert "raters are tied: 1 (p · b.mp4). --rule mean" in result.output
    assert "2 clips labelled, 2 raters" in result.output
    segments = read_cohort(Path("data/labels")).segments
    assert [(segment.score, segment.rater) for segment in segments] == [
        (2, "majority of 2"), (None, "tie of 2"), (1, "x"),
    ]  # fmt: skip
    ratings = read_ratings(Path("data/labels/ratings.csv"))
    assert len(ratings) == 5
    assert ratings[3] == Rating(segments[1].clip, "y", 3)


def test_an_unknown_rater_leaves_nothing_behind(lusscore: Lusscore, table: Path) -> None:
    result = lusscore(*TABLE, "--rule", "rater:z")
    assert result.exit_code == 2
    assert "no rater 'z' gave scores here; expected one of x, y" in result.output
    assert not Path("data").exists()


def test_one_rater_leaves_no_ratings_of_an_earlier_import(lusscore: Lusscore, table: Path) -> None:
    assert lusscore(*TABLE).exit_code == 0
    assert Path("data/labels/ratings.csv").exists()
    assert lusscore(*TABLE, "--column", "rater=", "--overwrite").exit_code == 2
    table.write_text("Name,Who,Grade\na,p,2\n")
    assert lusscore(*TABLE, "--overwrite").exit_code == 0
    assert not Path("data/labels/ratings.csv").exists()


def test_json_tells_what_came_in(lusscore: Lusscore, table: Path) -> None:
    write_video(Path("media/d.mp4"), moving_bar(2))
    told = json.loads(lusscore(*TABLE, "--json").output)
    assert {key: told[key] for key in ("cohort", "patients", "clips", "labelled", "raters")} == {
        "cohort": "labels", "patients": 2, "clips": 3, "labelled": 2, "raters": ["x", "y"],
    }  # fmt: skip
    assert told["ignored"] == ["d.mp4"]
    assert [Path(clip).name for clip in told["ties"]] == ["p · b.mp4"]


def test_what_a_table_of_windows_text_was_read_as_is_told(lusscore: Lusscore, table: Path) -> None:
    table.write_bytes("Name,Who,Grade\na,Jürgen,2\n".encode("cp1252"))
    result = lusscore(*TABLE)
    assert "labels.csv is not UTF-8 and was read as Windows text" in result.output
    assert read_cohort(Path("data/labels")).segments[0].patient == "Jürgen"


def test_a_cohort_is_not_replaced_unasked(lusscore: Lusscore, tmp_path: Path) -> None:
    make_tree(tmp_path / "ward")
    command = ("import", "folders", "ward", "--protocol", "blue-6")
    assert lusscore(*command).exit_code == 0
    again = lusscore(*command)
    assert again.exit_code == 2
    assert "--overwrite" in again.output
    assert lusscore(*command, "--overwrite").exit_code == 0


def test_what_cannot_be_imported_is_exit_code_2(lusscore: Lusscore) -> None:
    Path("ward").mkdir()
    Path("file.txt").write_text("x")
    assert "holds no images or clips" in lusscore("import", "folders", "ward").output
    assert "expected one of covid-blues" in lusscore("import", "x", "ward").output
    assert lusscore("import", "folders", "gone").exit_code == 2
    for importer in importer_names():
        for source in ("ward", "file.txt"):
            result = lusscore("import", importer, source)
            assert result.exit_code == 2, f"{importer} {source}: {result.output}"
            assert "Error: " in result.output


def test_a_column_without_an_equals_sign_and_a_bad_name_get_a_sentence(
    lusscore: Lusscore, table: Path
) -> None:
    result = lusscore("import", "csv", "labels.csv", "--column", "zone")
    assert (result.exit_code, "'zone' has no '='" in result.output) == (2, True)
    result = lusscore(*TABLE, "--name", "my ward")
    assert (result.exit_code, "cannot be a cohort's name" in result.output) == (2, True)
    assert "such as my-ward" in result.output


def test_help_lists_every_importer_with_what_it_reads(lusscore: Lusscore) -> None:
    shown = " ".join(lusscore("import", "--help").output.split())
    for name in importer_names():
        assert importer_summary(name)
        assert f"{name} {importer_summary(name)}" in shown


def test_the_page_on_importing_tells_every_option() -> None:
    page = Path(__file__).parents[2] / "docs" / "importing.md"
    table = page.read_text(encoding="utf-8").partition("## Several raters")[0]
    options = [name for option in command.params for name in option.opts if name.startswith("--")]
    options.remove("--plugin")  # of all commands
    assert len(options) > 15
    assert [name for name in options if f"`{name}" not in table] == []


def test_the_choices_offered_are_those_that_a_card_allows() -> None:
    """They are written out in the command, which imports no room before it runs."""
    offered = {
        option.name: option.type.choices
        for option in command.params
        if isinstance(option.type, click.Choice)
    }
    assert {name: tuple(choices) for name, choices in offered.items()} == {
        "repeated": REPEATED,
        "sector": SECTOR_POLICIES,
        "contrast": CONTRAST_POLICIES,
    }


def test_a_wrong_rubric_is_told_before_the_cohort_that_is_there_is_touched(
    lusscore: Lusscore, tmp_path: Path
) -> None:
    make_tree(tmp_path / "ward")
    arguments = ("import", "folders", "ward", "--protocol", "blue-6")
    lusscore(*arguments)
    before = Path("data/ward/cohort.toml").read_bytes()
    done = lusscore(*arguments, "--rubric", "nonsense", "--overwrite")
    assert done.exit_code == 2
    assert "Unknown rubric 'nonsense'; expected one of" in done.output
    assert Path("data/ward/cohort.toml").read_bytes() == before
