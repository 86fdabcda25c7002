import pytest
import tomlkit

from lusscore.errors import RunError
from lusscore.evaluation.evaluate import evaluate_run
from lusscore.report.write import write_report
from run_maker import Recipe, make_run


def _contents(folder):
    return {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@pytest.mark.slow
def test_the_same_files_give_the_same_bytes_and_predictions_are_not_needed(own_folder):
    (own_folder / "predictions.csv").unlink()
    given = _contents(own_folder)
    assert write_report(own_folder) == own_folder / "report.html"
    once = _contents(own_folder)
    made = {file.relative_to(own_folder).as_posix() for file in set(once) - set(given)}
    others = {name for name in made if not name.startswith("figures/")}
    assert others == {"report.html", "tables/reporting_items.csv"}
    assert all(once[file] == content for file, content in given.items())
    write_report(own_folder)
    assert _contents(own_folder) == once


@pytest.mark.usefixtures("without_figures")
def test_what_a_run_warned_of_stands_in_its_summary(own_folder):
    config = own_folder / "config.toml"
    text = config.read_text(encoding="utf-8")
    assert "\nnotes" not in text
    warned = text.replace("[run]\n", '[run]\nnotes = ["Group & score go together."]\n', 1)
    config.write_text(warned, encoding="utf-8")
    page = write_report(own_folder).read_text(encoding="utf-8")
    assert '<p class="callout">Group &amp; score go together.</p>' in page


@pytest.mark.usefixtures("without_figures")
def test_without_folds_the_table_of_results_speaks_of_none(own_folder):
    own = "Above: mean ± standard deviation over folds."
    assert own in write_report(own_folder).read_text(encoding="utf-8")
    path = own_folder / "config.toml"
    config = tomlkit.parse(path.read_text(encoding="utf-8")).unwrap()
    config["trained_on"] = [config["cohort"] | {"name": "far"}]
    path.write_text(tomlkit.dumps(config), encoding="utf-8")
    page = write_report(own_folder).read_text(encoding="utf-8")
    assert own not in page
    assert "Above: the value on the cohort tested on. Below: the same" in page


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(RunError, match=r"is not a run folder: config\.toml is missing"):
        write_report(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["lus-14", "lus-8"])
def test_every_protocol_can_be_reported(tmp_path, protocol):
    recipe = Recipe(protocol=protocol, patients=6, healthy=0, skill=(("vgg16", 1.0),))
    folder = make_run(tmp_path / "run", recipe)
    evaluate_run(folder, resamples=100)
    assert protocol in write_report(folder).read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_run_without_zones_gives_the_same_bytes(images_folder):
    once = write_report(images_folder).read_bytes()
    assert write_report(images_folder).read_bytes() == once
    assert not (images_folder / "figures" / "zone_accuracy.svg").exists()


@pytest.mark.slow
def test_a_long_cohort_stays_a_small_page(tmp_path):
    skill = (("xception", 2.0), ("resnet50", 2.0), ("vgg16", 2.0))
    folder = make_run(tmp_path / "run", Recipe(patients=49, healthy=12, frames=(1, 2), skill=skill))
    evaluate_run(folder, resamples=100)
    assert write_report(folder).stat().st_size < 3_000_000
