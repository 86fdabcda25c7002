import pytest

from lusscore.cohort.importers import get_importer, importer_names
from lusscore.cohort.importers.registry import register_importer
from lusscore.errors import CohortError


def test_an_unknown_importer_lists_those_there_are() -> None:
    with pytest.raises(CohortError, match="expected one of .*covid-blues, .*folders"):
        get_importer("x")


def test_a_name_is_registered_once() -> None:
    name = importer_names()[0]
    with pytest.raises(ValueError, match="is registered already"):
        register_importer(name, "x")(get_importer(name))
