from __future__ import annotations

import base64
import hashlib
import sys
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from lusscore.report.templating import PageTemplates


@pytest.fixture
def templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> PageTemplates:
    """Two packages on the path: the first has a page of its own, the second the script."""
    for package, files in {
        "first_pages": {"page.html.j2": "{{ text }}|{{ style }}|{{ script }}|{{ script_digest }}"},
        "second_pages": {"page.html.j2": "never", "page.js": "1 < 2", "page.css": "b > i {}"},
    }.items():
        (tmp_path / package / "templates").mkdir(parents=True)
        (tmp_path / package / "__init__.py").touch()
        for name, content in files.items():
            (tmp_path / package / "templates" / name).write_text(content)
    monkeypatch.syspath_prepend(tmp_path)
    yield PageTemplates("first_pages", "second_pages")  # type: ignore[misc]
    for package in ("first_pages", "second_pages"):
        sys.modules.pop(package, None)


def filled(templates: PageTemplates, **content: object) -> list[str]:
    page = templates.render("page.html.j2", styles=("page.css",), script="page.js", **content)
    return page.split("|")


def test_text_is_escaped_and_what_lies_beside_the_template_is_not(
    templates: PageTemplates,
) -> None:
    text, style, script, digest = filled(templates, text="<script>")
    assert text == "&lt;script&gt;"
    assert (style, script) == ("b > i {}", "1 < 2")
    assert digest == base64.b64encode(hashlib.sha256(b"1 < 2").digest()).decode()


def test_what_a_template_lacks_is_an_error(templates: PageTemplates) -> None:
    with pytest.raises(UndefinedError):
        filled(templates)
