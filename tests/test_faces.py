"""A package is imported through its face: what its ``__init__.py`` exports, and nothing inside."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "pipeline" / "lusscore"
PACKAGES = sorted(path.name for path in ROOT.iterdir() if (path / "__init__.py").is_file())
_INSIDE = re.compile(rf"lusscore\.({'|'.join(PACKAGES)})(?:\.|$)")


def _imports(path: Path) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """Yield line, module and names of every import, those for types and those by string too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module, tuple(name.name for name in node.names)
        elif isinstance(node, ast.Import):
            yield from ((node.lineno, name.name, ()) for name in node.names)
        elif isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            called = node.func.id if isinstance(node.func, ast.Name) else called
            if called in ("import_module", "__import__") and node.args:
                text = ast.unparse(node.args[0]).strip("f'\"")
                yield node.lineno, text, ()


def _faults(path: Path) -> Iterator[str]:
    parts = path.relative_to(ROOT).parts
    own = parts[0] if len(parts) > 1 else ""
    for line, module, names in _imports(path):
        found = _INSIDE.match(module)
        if found is None or found[1] == own:
            continue
        place = f"{path.relative_to(ROOT)}:{line}"
        if module != f"lusscore.{found[1]}":
            yield f"{place}: {module} is inside {found[1]}; import from lusscore.{found[1]}"
            continue
        face = importlib.import_module(module)
        for name in names:
            if name not in face.__all__:
                yield f"{place}: {name} is not exported by {module}"


@pytest.mark.parametrize("package", ["", *PACKAGES])
def test_no_package_imports_a_module_inside_another(package: str) -> None:
    paths = (ROOT / package).rglob("*.py") if package else ROOT.glob("*.py")
    assert [fault for path in sorted(paths) for fault in _faults(path)] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_a_face_exports_what_there_is_and_says_what_it_is_for(package: str) -> None:
    face = importlib.import_module(f"lusscore.{package}")
    assert face.__doc__
    assert len(set(face.__all__)) == len(face.__all__)
    for name in face.__all__:
        assert hasattr(face, name), name
