import pytest

from lusscore.errors import RunError
from lusscore.evaluation.run_config import read_config, write_config


def test_a_run_gives_its_configuration(run_folder):
    config = read_config(run_folder)
    assert config.cohort.protocol == "lus-12"
    assert type(config.cohort.synthetic) is bool
    assert [entry.name for entry in config.backbones] == ["xception", "resnet50"]


def test_no_folder_is_no_run(tmp_path):
    with pytest.raises(RunError, match="there is no run"):
        read_config(tmp_path / "none")


def test_a_folder_without_configuration_is_no_run(tmp_path):
    with pytest.raises(RunError, match=r"is not a run folder: config\.toml is missing"):
        read_config(tmp_path)


def test_all_that_is_missing_is_named_at_once(tmp_path):
    (tmp_path / "config.toml").write_text('[run]\nname = "a"\n', encoding="utf-8")
    with pytest.raises(RunError) as told:
        read_config(tmp_path)
    places = {problem.where.rpartition(", ")[2] for problem in told.value.problems}
    assert {"run.command", "cohort", "head"} <= places


def test_what_is_not_toml_is_refused(tmp_path):
    (tmp_path / "config.toml").write_text("[run\n", encoding="utf-8")
    with pytest.raises(RunError, match="is not valid TOML"):
        read_config(tmp_path)


def test_values_of_another_kind_are_named_with_their_lines(run_folder, tmp_path):
    text = (run_folder / "config.toml").read_text(encoding="utf-8")
    text = text.replace("synthetic = true", 'synthetic = "no"').replace("folds = 3", "folds = 2.5")
    (tmp_path / "config.toml").write_text(text, encoding="utf-8")
    with pytest.raises(RunError, match=r"(?s)line \d+, cohort.synthetic: 'no' .*\n.*folds: 2.5"):
        read_config(tmp_path)


def test_what_is_written_is_read_again(run_folder, tmp_path):
    config = read_config(run_folder)
    write_config(tmp_path, config)
    assert read_config(tmp_path) == config
