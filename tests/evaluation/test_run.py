import pytest

from lusscore.errors import RunError
from lusscore.evaluation.run import check_run_name, new_run
from lusscore.evaluation.run_config import read_config, write_config


def test_an_earlier_run_stays_unless_told_and_whenever_something_fails(tmp_path):
    folder = tmp_path / "run"
    with new_run(folder) as building:
        (building / "config.toml").write_text("first")
    with pytest.raises(RunError, match="with --run \\(make: RUN=\\), or replace it by --overwrite"):
        with new_run(folder):
            pass

    def fail():
        with new_run(folder, overwrite=True) as building:
            (building / "config.toml").write_text("second")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert (folder / "config.toml").read_text() == "first"
    with new_run(folder, overwrite=True) as building:
        (building / "config.toml").write_text("third")
    assert (folder / "config.toml").read_text() == "third"
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_folder_that_is_no_run_is_never_replaced(tmp_path):
    (tmp_path / "photos").mkdir()
    with pytest.raises(RunError, match="is no run folder"):
        with new_run(tmp_path / "photos", overwrite=True):
            pass
    assert (tmp_path / "photos").is_dir()


def test_a_run_that_fails_leaves_nothing_behind(tmp_path):
    def fail():
        with new_run(tmp_path / "results" / "cohort" / "run"):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a", "3fold-softmax-1a2b3c4d", "A.b_c-", "x" * 100])
def test_a_name_is_a_run_name(name):
    assert check_run_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "a/b",
        "../x",
        "/tmp/x",
        "a\\b",
        "C:",
        ".a",
        "a.",
        "a b",
        "a\n",
        "x" * 101,
        "ä",
    ],
)
def test_what_could_be_a_place_is_no_run_name(name):
    with pytest.raises(RunError, match="is not allowed; expected up to 100 letters"):
        check_run_name(name)


def test_what_is_no_run_is_refused(tmp_path):
    with pytest.raises(RunError, match="there is no run"):
        read_config(tmp_path / "none")
    with pytest.raises(RunError, match=r"is not a run folder: config\.toml is missing"):
        read_config(tmp_path)
    (tmp_path / "config.toml").write_text("[run\n", encoding="utf-8")
    with pytest.raises(RunError, match="is not valid TOML"):
        read_config(tmp_path)


def test_all_that_is_missing_is_named_at_once(tmp_path):
    (tmp_path / "config.toml").write_text('[run]\nname = "a"\n', encoding="utf-8")
    with pytest.raises(RunError) as told:
        read_config(tmp_path)
    places = {problem.where.rpartition(", ")[2] for problem in told.value.problems}
    assert {"run.command", "cohort", "head"} <= places


def test_values_of_another_kind_are_named_with_their_lines(run_folder, tmp_path):
    text = (run_folder / "config.toml").read_text(encoding="utf-8")
    text = text.replace("synthetic = true", 'synthetic = "no"').replace("folds = 3", "folds = 2.5")
    (tmp_path / "config.toml").write_text(text, encoding="utf-8")
    with pytest.raises(RunError, match=r"(?s)line \d+, cohort.synthetic: 'no' .*\n.*folds: 2.5"):
        read_config(tmp_path)


def test_what_is_written_is_read_again(run_folder, tmp_path):
    config = read_config(run_folder)
    assert config.cohort.protocol == "lus-12"
    assert config.cohort.synthetic is True
    write_config(tmp_path, config)
    assert read_config(tmp_path) == config
