"""Hooks of MkDocs: pages that lie beside their files, and links that leave the documentation."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]
BESIDE = ("data/README.md", "features/README.md")
# of the repository and no part of the site: shown as the names that they are
_ELSEWHERE = re.compile(r"\[([^\]]+)\]\(\.\./(?!data/README|features/README)[^)]*\)")


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that stand in the folders that they describe."""
    for name in BESIDE:
        files.append(File.generated(config, name, abs_src_path=str(ROOT / name)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Point links at pages of the site, and leave out those to files of the repository."""
    if page.file.src_uri in BESIDE:
        return markdown.replace("](../docs/", "](../")
    markdown = re.sub(r"\]\(\.\./((?:data|features)/README\.md)", r"](\1", markdown)
    return _ELSEWHERE.sub(r"`\1`", markdown)
