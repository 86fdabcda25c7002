from click.testing import CliRunner

from lusscore.cli import main


def test_the_report_is_made_again_and_its_path_printed(own_folder):
    result = CliRunner().invoke(main, ["report", str(own_folder)])
    assert result.exit_code == 0, result.output
    assert result.output.strip() == str(own_folder / "report.html")
    assert (own_folder / "report.html").exists()


def test_a_missing_file_ends_in_a_sentence_that_names_it(own_folder):
    (own_folder / "metrics.json").unlink()
    result = CliRunner().invoke(main, ["report", str(own_folder)])
    assert result.exit_code == 2
    assert "lacks metrics.json" in result.output
    assert "Traceback" not in result.output


def test_what_is_no_run_ends_in_a_sentence(tmp_path):
    result = CliRunner().invoke(main, ["report", str(tmp_path / "none")])
    assert result.exit_code == 2
    assert "there is no run" in result.output
