import json
import re
from pathlib import Path

import pandas as pd
import pytest

PAGE = Path(__file__).parents[2] / "docs" / "report.md"
WORDS = set(re.findall(r"\w+", PAGE.read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def tables(clinical_folder, clinical_page):
    assert clinical_page
    return {
        path.relative_to(clinical_folder).as_posix(): list(pd.read_csv(path, nrows=1).columns)
        for path in clinical_folder.rglob("*.csv")
    }


def _spelled(name):
    """Whether a name, or the first of its row ``p0`` … ``p3``, stands on the page."""
    return name in WORDS or re.sub(r"\d$", "0", name) in WORDS


def test_every_file_and_column_is_documented(tables):
    assert len(tables) == 17
    for file, columns in tables.items():
        assert Path(file).stem in WORDS, file
        for column in columns:
            assert _spelled(column), f"{file}: {column}"


def test_every_key_of_the_metrics_is_documented(clinical_folder):
    metrics = json.loads((clinical_folder / "metrics.json").read_text(encoding="utf-8"))
    entry = metrics["levels"]["frame"][metrics["models"][0]]
    keys = [*metrics, *metrics["bootstrap"], *entry, *entry["pooled"], *entry["per_class"][0]]
    keys += [*entry["folds"][0], *entry["reliability"][0], *metrics["mcnemar"]]
    exams = metrics["exams"][metrics["models"][0]]
    keys += [*exams, *exams["pooled"], *metrics["mcnemar"]["pairs"][0]]
    keys += [*metrics["comparison"]["frame"][0], *metrics["absent_scores"]["frame"][0]]
    coverage = metrics["coverage"][metrics["models"][0]]
    keys += [*coverage, *coverage["shares"][0], *coverage["curve"][0]]
    keys += [*metrics["rules"], *metrics["rules"]["clip"]]
    for key in keys:
        assert key in WORDS, key
