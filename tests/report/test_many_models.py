"""A run of more models than figures and tables of pairs have room for."""

import re

import pytest

from lusscore.evaluation.evaluate import evaluate_run
from lusscore.report.canvas import MODELS_DRAWN
from lusscore.report.model_names import model_labels
from lusscore.report.run_files import read_run_files
from lusscore.report.sections.comparison import comparison
from lusscore.report.sections.exams import exams
from lusscore.report.write import write_report
from run_maker import BACKBONES, Recipe, make_run

pytestmark = pytest.mark.slow

MODELS = MODELS_DRAWN + 1


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    names = [f"net_{number}" for number in range(MODELS)]
    folder = tmp_path_factory.mktemp("runs") / "many"
    recipe = Recipe(
        patients=4,
        folds=2,
        protocol="blue-6",
        frames=(1, 2),
        skill=tuple((name, 1.0) for name in names),
    )
    with pytest.MonkeyPatch.context() as patch:
        for name in names:
            patch.setitem(BACKBONES, name, BACKBONES["vgg16"])
        make_run(folder, recipe)
    evaluate_run(folder, resamples=100)
    write_report(folder)
    return folder


@pytest.fixture
def many(folder):
    return read_run_files(folder)


def test_pairs_with_the_first_model_and_the_baseline_are_shown_and_the_rest_is_named(many):
    labels = model_labels(many.models)
    shown = comparison(many, labels)
    first = labels[many.models[0]]
    assert len(shown.models) == 4 * (MODELS - 1)
    assert all(first in (pair.a, pair.b) for pair in shown.models)
    assert len(shown.baseline) == 4 * MODELS
    # the baseline is compared with every model
    assert len(shown.mcnemar.pairs) == MODELS - 1 + MODELS
    assert f"Of {MODELS} models, pairs with {first}, the first" in shown.left_out


def test_all_pairs_are_shown_where_there_is_room(clinical, labels):
    assert comparison(clinical, labels).left_out == ""


def test_cards_and_figures_have_the_first_models_and_say_so(many, folder):
    readings = exams(many).exams[0].readings
    assert [reading.model for reading in readings] == many.models[:MODELS_DRAWN]
    page = (folder / "report.html").read_text(encoding="utf-8")
    told = f"Shown: the first {MODELS_DRAWN} of {MODELS} models; tables have all."
    # eight figures, all but that of intervals, and the cards
    assert len(re.findall(re.escape(told), page)) == 9
    last = model_labels(many.models)[many.models[-1]]
    drawn = {
        path.stem: last in path.read_text(encoding="utf-8")
        for path in (folder / "figures").glob("*.svg")
    }
    assert [name for name, has_last in drawn.items() if has_last] == ["intervals"]
    assert f'<th scope="row">{last}</th>' in page
