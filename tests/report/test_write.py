import re

import pytest
import tomlkit

from cohort_maker import run_command
from lusscore.errors import RunError
from lusscore.evaluation import evaluate_run
from lusscore.report import draw_figure, write_report
from lusscore.report.canvas import MODELS_DRAWN
from lusscore.report.comparison import comparison
from lusscore.report.exams import exams
from lusscore.report.run_files import model_labels, read_run_files
from run_maker import BACKBONES, Recipe, make_run


def _contents(folder):
    return {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def _run(folder, **recipe):
    make_run(folder, Recipe(**recipe))
    evaluate_run(folder, resamples=100)
    return folder


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
def test_notes_of_a_run_stand_in_its_summary(own_folder):
    config = own_folder / "config.toml"
    text = config.read_text(encoding="utf-8")
    assert "\nnotes" not in text
    noted = text.replace("[run]\n", '[run]\nnotes = ["Group & score go together."]\n', 1)
    config.write_text(noted, encoding="utf-8")
    page = write_report(own_folder).read_text(encoding="utf-8")
    assert '<p class="callout">Group &amp; score go together.</p>' in page


@pytest.mark.usefixtures("without_figures")
def test_without_folds_the_table_of_results_names_none(own_folder):
    own = "Above: mean ± standard deviation over folds."
    assert own in write_report(own_folder).read_text(encoding="utf-8")
    path = own_folder / "config.toml"
    config = tomlkit.parse(path.read_text(encoding="utf-8")).unwrap()
    config["trained_on"] = [config["cohort"] | {"name": "far"}]
    path.write_text(tomlkit.dumps(config), encoding="utf-8")
    page = write_report(own_folder).read_text(encoding="utf-8")
    assert own not in page
    assert "Above: the value on the cohort tested on. Below: the same" in page


@pytest.mark.usefixtures("without_figures")
def test_the_command_makes_the_report_again_or_says_why_not(own_folder):
    result = run_command("report", own_folder)
    assert result.exit_code == 0, result.output
    assert result.output.strip() == str(own_folder / "report.html")
    (own_folder / "metrics.json").unlink()
    result = run_command("report", own_folder)
    assert result.exit_code == 2
    assert "lacks metrics.json" in result.output
    assert "Traceback" not in result.output
    result = run_command("report", own_folder / "none")
    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_every_figure_is_saved_in_both_forms_and_can_be_drawn_by_its_name(
    clinical_folder, clinical_page
):
    files = (clinical_folder / "figures").iterdir()
    saved = sorted(path.suffix for path in files if path.stat().st_size)
    assert clinical_page.count('class="drawing"') == 9
    assert saved == [".png"] * 9 + [".svg"] * 9
    assert draw_figure(clinical_folder, "roc").axes
    with pytest.raises(RunError, match="there is no figure 'rok'; expected one of intervals,"):
        draw_figure(clinical_folder, "rok")


@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["lus-14", "lus-8"])
def test_every_protocol_can_be_reported(tmp_path, protocol):
    skill = (("vgg16", 1.0),)
    folder = _run(tmp_path / "run", protocol=protocol, patients=6, healthy=0, skill=skill)
    assert protocol in write_report(folder).read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_run_without_zones_gives_the_same_bytes(images_folder):
    once = write_report(images_folder).read_bytes()
    assert write_report(images_folder).read_bytes() == once
    assert not (images_folder / "figures" / "zone_accuracy.svg").exists()


@pytest.mark.slow
def test_a_long_cohort_stays_a_small_page(tmp_path):
    skill = (("xception", 2.0), ("resnet50", 2.0), ("vgg16", 2.0))
    folder = _run(tmp_path / "run", patients=49, healthy=12, frames=(1, 2), skill=skill)
    assert write_report(folder).stat().st_size < 3_000_000


@pytest.mark.slow
def test_of_many_models_some_are_drawn_and_the_rest_is_named(tmp_path, monkeypatch):
    count = MODELS_DRAWN + 1
    names = [f"net_{number}" for number in range(count)]
    for name in names:
        monkeypatch.setitem(BACKBONES, name, BACKBONES["vgg16"])
    skill = tuple((name, 1.0) for name in names)
    folder = _run(
        tmp_path / "run", patients=4, folds=2, protocol="blue-6", frames=(1, 2), skill=skill
    )
    write_report(folder)
    run = read_run_files(folder)
    labels = model_labels(run.models)
    first, last = labels[run.models[0]], labels[run.models[-1]]

    shown = comparison(run, labels)
    assert len(shown.models) == 4 * (count - 1)
    assert all(run.models[0] in (pair["a"], pair["b"]) for pair in shown.models)
    # the baseline is compared with every model
    assert len(shown.baseline) == 4 * count
    assert len(shown.mcnemar) == count - 1 + count
    assert f"Of {count} models, pairs with {first}, the first" in shown.left_out

    predictions = exams(run)[0]["predictions"]
    assert [predicted["model"] for predicted in predictions] == run.models[:MODELS_DRAWN]
    page = (folder / "report.html").read_text(encoding="utf-8")
    told = f"Shown: the first {MODELS_DRAWN} of {count} models; tables have all."
    # eight figures, all but that of intervals, and the cards
    assert len(re.findall(re.escape(told), page)) == 9
    svgs = (folder / "figures").glob("*.svg")
    with_last = [path.stem for path in svgs if last in path.read_text(encoding="utf-8")]
    assert with_last == ["intervals"]
    assert f'<th scope="row">{last}</th>' in page
