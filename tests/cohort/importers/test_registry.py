from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.cohort import Card, read_card, write_card
from lusscore.cohort.importers import (
    ImportOptions,
    cohort_name,
    get_importer,
    importer_names,
    importer_summary,
)
from lusscore.cohort.importers.registry import register_importer
from lusscore.errors import CohortError


def test_all_importers_are_found_with_what_they_read() -> None:
    assert {"covid-blues", "covidx-us", "csv", "folders", "pocus"} <= set(importer_names())
    assert list(importer_names()) == sorted(importer_names())
    assert all(importer_summary(name) and callable(get_importer(name)) for name in importer_names())


@pytest.mark.parametrize("ask", [get_importer, importer_summary])
def test_an_unknown_importer_lists_those_there_are(ask) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(CohortError, match="expected one of .*covid-blues, .*folders"):
        ask("x")


def test_a_name_is_registered_once() -> None:
    name = importer_names()[0]
    with pytest.raises(CohortError, match="is registered twice"):
        register_importer(name, "x")(lambda source, options: get_importer(name)(source, options))


@given(st.text())
def test_any_text_gives_a_name_that_a_cohort_may_have(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "cohort.toml"
    write_card(path, Card(cohort_name(text), "lus-12", "unknown"))
    assert read_card(path).name == cohort_name(text)
    assert ImportOptions(cohort_name(text)).name == cohort_name(text)


@pytest.mark.parametrize("name", ["my ward", "", ".hidden", "a/b", "..", "Zürich"])
def test_a_name_that_no_cohort_may_have_gets_a_sentence(name: str) -> None:
    with pytest.raises(CohortError, match="cannot be a cohort's name; expected letters, digits"):
        ImportOptions(name)


@pytest.mark.parametrize(
    ("options", "option"),
    [(ImportOptions(columns={"zone": "x"}), "--column"), (ImportOptions(media=Path()), "--media")],
)
def test_an_option_that_an_importer_does_not_look_at_is_refused(
    tmp_path: Path, options: ImportOptions, option: str
) -> None:
    with pytest.raises(CohortError, match=f"importer folders has no use for {option}; leave"):
        get_importer("folders")(tmp_path, options)
