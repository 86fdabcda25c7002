import pytest

from lusscore.errors import RunError
from lusscore.evaluation.run_config import read_config


def test_a_run_gives_its_configuration(run_folder):
    config = read_config(run_folder)
    assert config["cohort"]["protocol"] == "lus-12"
    assert type(config["cohort"]["synthetic"]) is bool
    assert [entry["name"] for entry in config["backbones"]] == ["xception", "resnet50"]


def test_no_folder_is_no_run(tmp_path):
    with pytest.raises(RunError, match="No run at"):
        read_config(tmp_path / "none")


def test_a_folder_without_configuration_is_no_run(tmp_path):
    with pytest.raises(RunError, match=r"is not a run folder: config\.toml is missing"):
        read_config(tmp_path)


def test_all_that_is_missing_is_named_at_once(tmp_path):
    (tmp_path / "config.toml").write_text('[run]\nname = "a"\n', encoding="utf-8")
    with pytest.raises(RunError, match=r"run\.command, .*cohort\.name, .*head\.name"):
        read_config(tmp_path)


def test_what_is_not_toml_is_refused(tmp_path):
    (tmp_path / "config.toml").write_text("[run\n", encoding="utf-8")
    with pytest.raises(RunError, match="is not valid TOML"):
        read_config(tmp_path)
