import re
from pathlib import Path

import pytest

from lusscore.checks import rules
from lusscore.checks.finding import LEVELS, Finding, in_order
from lusscore.checks.invalid import INVALID_CODES
from lusscore.checks.registry import register_check, registered_codes
from lusscore.errors import CohortError

PAGE = Path(__file__).parents[2] / "docs" / "checking.md"


def test_a_code_is_registered_once() -> None:
    with pytest.raises(CohortError, match="'missing-labels' is registered twice"):
        register_check("missing-labels", needs="manifest")(lambda inspection: [])


def test_every_module_of_the_rules_is_imported() -> None:
    folder = Path(str(rules.__file__)).parent
    assert set(rules.__all__) == {path.stem for path in folder.glob("*.py")} - {"__init__"}


def test_codes_are_kebab_case() -> None:
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", code) for code in registered_codes())


def test_the_docs_explain_every_code_and_no_other() -> None:
    told = re.findall(r"^\| `([a-z-]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(told) == sorted([*registered_codes(), *INVALID_CODES])


def test_errors_come_first() -> None:
    findings = [Finding(level, level, "") for level in ("note", "error", "warning")]
    assert [finding.level for finding in in_order(findings)] == list(LEVELS)
